import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "../../src/model/kind.ts";
import { readSources, secretValues } from "../../src/run/secrets.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aSpec } from "../rig/tasks.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const SUBMITTER = { API_KEY: "a-long-value", AWS_A: "1", AWS_B: "2", HOME: "/home/ada" };

describe("readSources()", () => {
  test("reads files, names and patterns, later ones overriding earlier ones", async () => {
    await using place = new TempDirectory();
    const file = join(place.path, ".env");
    writeFileSync(file, "AWS_A=of the file\nB=c\n", { mode: 0o600 });
    const read = (sources: NonNullable<Kind["envFrom"]>) => valueOf(readSources(sources, SUBMITTER));
    expect(read([{ env: ["API_KEY", "AWS_*"] }])).toEqual({
      API_KEY: "a-long-value",
      AWS_A: "1",
      AWS_B: "2",
    });
    expect(read([{ env: ["AWS_*", "NONE_*"] }, { file }])).toEqual({
      AWS_A: "of the file",
      AWS_B: "2",
      B: "c",
    });
    expect(read([{ file }, { env: ["AWS_A"] }])).toEqual({ AWS_A: "1", B: "c" });
  });

  test("scans a name once, whatever the pattern", () => {
    const submitter = { [`A${"_".repeat(1_000)}`]: "x", A_b: "y" };
    const read = readSources([{ env: [`${"*".repeat(26)}b`, `A${"*_".repeat(100)}*_b`] }], submitter);
    expect(valueOf(read)).toEqual({ A_b: "y" });
  });

  test.each([
    [0o640, "others can read it (mode 640), wanted 600: chmod 600"],
    [0o604, "others can read it (mode 604), wanted 600: chmod 600"],
  ])("refuses a file of mode %o with advice", async (mode, expected) => {
    await using place = new TempDirectory();
    const file = join(place.path, ".env");
    writeFileSync(file, "A=sesame\n");
    chmodSync(file, mode);
    const said = errorOf(readSources([{ file }], {}));
    expect(said).toBe(`the variables in "${file}" cannot be used: ${expected} ${file}`);
  });

  test("refuses a source that is no file, is missing, or is not set", async () => {
    await using place = new TempDirectory();
    const folder = join(place.path, "folder");
    mkdirSync(folder);
    expect(errorOf(readSources([{ file: folder }], {}))).toContain("cannot be read");
    expect(errorOf(readSources([{ file: join(place.path, "none") }], {}))).toContain("there is no such file");
    expect(errorOf(readSources([{ env: ["NONE"] }], SUBMITTER))).toContain('the variable "NONE"');
  });
});

test("secretValues() are those of envFrom, and long values of variables with secret names", () => {
  const kind = {
    ...aSpec().kind,
    env: {
      MY_PASSWORD: "12345678",
      OTHER_TOKEN: "short",
      PLAIN: "a plain value",
      URL_TOKEN: "x${AWS_A}:${PLAIN_ONE}",
    },
    expands: ["URL_TOKEN"],
    envFrom: [{ file: "/none/there" }, { env: ["AWS_*", "HOME"] }],
  };
  expect(secretValues(kind, { ...SUBMITTER, PLAIN_ONE: "as expanded" }).toSorted()).toEqual([
    "/home/ada",
    "12345678",
    "a-long-value",
    "x1:as expanded",
  ]);
});
