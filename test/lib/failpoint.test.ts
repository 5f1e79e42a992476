import { afterEach, expect, test } from "bun:test";
import { armFailpoints, failpoint } from "../../src/lib/failpoint.ts";
import { disarmFailpoints } from "../rig/crash.ts";

afterEach(disarmFailpoints);

test("failpoint() calls an armed handler with its name, and passes on what the handler throws", () => {
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
