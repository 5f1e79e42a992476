import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ATTEMPT_FILES } from "../../src/model/attempt-files.ts";

/** The files of a program that is put together from several; what becomes another program comes last. */
const TOGETHER = [
  ["begin", "end", "job"].map((part) => `src/run/sh/recording-parent.${part}.sh`),
  ["making", "stopping", "following", "runner"].map((part) => `src/run/sh/container-${part}.sh`),
];
const ALONE = [...new Bun.Glob("src/**/*.sh").scanSync()]
  .filter((path) => !TOGETHER.flat().includes(path))
  .map((path) => [path]);

const MAX_LINES = 300;

/** What shellcheck says of a program; it takes what stands behind a function that ends the shell for unreachable (SC2317). */
function complaints(paths: readonly string[], shell = "sh"): string {
  const stdin = Buffer.from(paths.map((path) => readFileSync(path, "utf8")).join("\n"));
  const call = ["shellcheck", "--norc", `--shell=${shell}`, "--exclude=SC2317", "-"];
  const { stdout, stderr, exitCode } = Bun.spawnSync(call, { stdin, env: { LC_ALL: "C.UTF-8" } });
  return exitCode === 0 ? "" : `${stdout.toString()}${stderr.toString()}`;
}

/** On a developer's machine it may be missing; the gate installs it, and fails without it. */
const canCheck = Bun.which("shellcheck") !== null || process.env["CI"] !== undefined;

const PROGRAMS = [...TOGETHER, ...ALONE].map((paths) => ({ paths, last: paths.at(-1) }));

describe.each(PROGRAMS)("the program of $last", ({ paths }) => {
  test.each(paths)("%s begins with what it owns, and has 300 lines or less", (path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines[0]).toStartWith("# ");
    expect(lines.length).toBeLessThanOrEqual(MAX_LINES);
  });

  test.if(canCheck)("shellcheck finds nothing", () => {
    expect(complaints(paths)).toBe("");
  });
});

test.if(canCheck)("shellcheck finds nothing in the completion of bash", () => {
  expect(complaints(["src/cli/sh/completion.bash"], "bash")).toBe("");
});

const KNOWN: readonly string[] = Object.values(ATTEMPT_FILES);

test("the list of an attempt's files, by which a clean-up goes, has every file that a script writes into an attempt's folder, beside its logs", () => {
  const named = [...new Bun.Glob("src/**/*.sh").scanSync()].flatMap((path) => [
    ...readFileSync(path, "utf8").matchAll(/(?:directory|"\$1)\/([a-z][a-z.-]*)/g),
  ]);
  const names = new Set(named.map(([, name = ""]) => name).filter((name) => !name.endsWith(".log")));
  expect([...names]).toContain("container-pid");
  expect([...names].filter((name) => !KNOWN.includes(name))).toEqual([]);
});
