import { describe, expect, test } from "bun:test";
import { expanded, hasReference, unexpanded } from "../../src/model/expansion.ts";
import { fc } from "../rig/fast-check.ts";

const SET: Readonly<Record<string, string>> = { HOME: "/home/ada", PATH: "/usr/bin:/bin", EMPTY: "", X: "1" };
const lookup = (name: string): string | undefined => SET[name];

describe("expanded()", () => {
  test.each([
    ["A", "${HOME}/data", "/home/ada/data"],
    ["A", "${X}${X}", "11"],
    ["A", "${NONE:-a b}", "a b"],
    ["A", "${EMPTY:-a}", "a"],
    ["A", "x${EMPTY}y", "xy"],
    // What a password may hold stays.
    ["A", "$HOME", "$HOME"],
    ["A", "pa$$word$1$(x)`y`~", "pa$$word$1$(x)`y`~"],
    ["A", "${1}${}${a-b}${NONE:+x}${", "${1}${}${a-b}${NONE:+x}${"],
    ["A", "$${HOME}", "${HOME}"],
    ["A", "~/data", "~/data"],
    ["PATH", "$HOME/bin:${HOME}/x:$PATH", "/home/ada/bin:/home/ada/x:/usr/bin:/bin"],
    ["PATH", "~/bin:~:/a~b:$PATH", "/home/ada/bin:/home/ada:/a~b:/usr/bin:/bin"],
    ["PATH", "/a$$b:$1", "/a$b:$1"],
    ["PYTHONPATH", "${NONE:-/a:/b}:$X", "/a:/b:1"],
    // An empty entry would be the current folder.
    ["LD_LIBRARY_PATH", "/opt/lib:$LD_LIBRARY_PATH", "/opt/lib"],
    ["LD_LIBRARY_PATH", "${LD_LIBRARY_PATH}:/opt/lib", "/opt/lib"],
  ])("of %s: %j is %j", (name, value, text) => {
    expect(expanded(name, value, lookup)).toEqual({ text, unset: [] });
  });

  test.each([
    ["A", "${NONE}${OTHER}${NONE}", ["NONE", "OTHER"]],
    ["A", "${A}", ["A"]],
    ["PYTHONPATH", "$NONE:/a", ["NONE"]],
  ])("of %s: %j names what is not set", (name, value, unset) => {
    expect(expanded(name, value, lookup).unset).toEqual(unset);
  });

  test("names the PATH that is not set: without it no program would be found", () => {
    expect(expanded("PATH", "/a:$PATH", () => undefined).unset).toEqual(["PATH"]);
  });

  test("changes no value without a reference, and gives the text that unexpanded() began with", () => {
    const value = fc.string({ unit: fc.constantFrom("$", "{", "}", "A", "_", "1", ":", "-", "/") });
    fc.assert(
      fc.property(fc.constantFrom("A", "PATH"), value, (name, text) => {
        if (!hasReference(name, text)) expect(expanded(name, text, lookup).text).toBe(text);
        expect(expanded(name, unexpanded(name, text), lookup)).toEqual({ text, unset: [] });
      }),
    );
  });
});
