import { describe, expect, test } from "bun:test";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dropUnusedEnvironments, keepEnvironment, readEnvironment } from "../../src/store/environments.ts";
import { anyText } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const HOUR = 3_600_000;

describe("keepEnvironment()", () => {
  test("keeps one file for equal environments, in whatever order, for the owner alone", async () => {
    await using home = new TempHome();
    const first = keepEnvironment(home.layout, { HOME: "/h", PATH: "/bin" }, NOW_MS);
    const second = keepEnvironment(home.layout, { PATH: "/bin", HOME: "/h" }, NOW_MS);
    const other = keepEnvironment(home.layout, { PATH: "/bin", HOME: "/h", TOKEN: "secret" }, NOW_MS);
    expect(second).toBe(first);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(home.files("env")).toEqual([first, other].map((hash) => `${hash}.json`).toSorted());
    for (const name of home.files("env"))
      expect(statSync(join(home.layout.environments, name)).mode & 0o777).toBe(0o600);
    expect(home.files("tmp")).toEqual([]);
  });

  test("is read back as it was, for every name and value", async () => {
    await using home = new TempHome();
    const anyName = anyText.filter((name) => name !== "" && !name.includes("="));
    fc.assert(
      fc.property(fc.dictionary(anyName, anyText, { maxKeys: 5 }), (variables) => {
        expect(readEnvironment(home.layout, keepEnvironment(home.layout, variables, NOW_MS))).toEqual(
          variables,
        );
      }),
      { numRuns: 40 },
    );
  });

  test("distinguishes environments whose concatenated texts are equal", async () => {
    await using home = new TempHome();
    const hashes = [{ A: "1", B: "2" }, { A: '1","B":"2' }, { A: "1B2" }, {}].map((variables) =>
      keepEnvironment(home.layout, variables, NOW_MS),
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe("readEnvironment()", () => {
  test.each(["", "{", "[]", '{"A":1}', "null"])("is null for a file that holds %j", async (text) => {
    await using home = new TempHome();
    const hash = keepEnvironment(home.layout, { A: "1" }, NOW_MS);
    writeFileSync(join(home.layout.environments, `${hash}.json`), text);
    expect(readEnvironment(home.layout, hash)).toBeNull();
  });

  test("is null for one that is gone", async () => {
    await using home = new TempHome();
    expect(readEnvironment(home.layout, "0".repeat(64))).toBeNull();
  });
});

describe("dropUnusedEnvironments()", () => {
  test("removes environments that no record names and that are too old for a submission under way", async () => {
    await using home = new TempHome();
    const keep = (name: string, ageMs: number): string => {
      const hash = keepEnvironment(home.layout, { NAME: name }, NOW_MS);
      const seconds = (NOW_MS - ageMs) / 1_000;
      utimesSync(join(home.layout.environments, `${hash}.json`), seconds, seconds);
      return hash;
    };
    const [used, fresh] = [keep("used", 9 * HOUR), keep("fresh", HOUR - 1_000)];
    keep("unused", HOUR + 1_000);
    dropUnusedEnvironments(home.layout, (name) => name === used, NOW_MS);
    expect(home.files("env")).toEqual([used, fresh].map((hash) => `${hash}.json`).toSorted());
  });

  test("does not remove an environment that was just stored again", async () => {
    await using home = new TempHome();
    const hash = keepEnvironment(home.layout, { A: "1" }, NOW_MS - 9 * HOUR);
    utimesSync(
      join(home.layout.environments, `${hash}.json`),
      NOW_MS / 1_000 - 9 * 3_600,
      NOW_MS / 1_000 - 9 * 3_600,
    );
    keepEnvironment(home.layout, { A: "1" }, NOW_MS);
    dropUnusedEnvironments(home.layout, () => false, NOW_MS);
    expect(home.files("env")).toEqual([`${hash}.json`]);
  });
});
