import { afterEach, expect, test } from "bun:test";
import { armFailpoints, failpoint } from "../../src/lib/failpoint.ts";
import { disarmFailpoints } from "../rig/crash.ts";

afterEach(disarmFailpoints);

test("failpoint() strikes with its name once armed, and lets what the strike throws pass", () => {
  const struck: string[] = [];
  failpoint("before");
  armFailpoints((name) => {
    struck.push(name);
    if (name === "bad") throw new Error("power");
  });
  failpoint("good");
  expect(() => failpoint("bad")).toThrow("power");
  expect(struck).toEqual(["good", "bad"]);
});
