import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { withReference } from "../../.config/reference.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { ERRORS, EXIT } from "../../src/model/errors.ts";
import { className, FAILURES } from "../../src/model/failure.ts";

const readme = readFileSync("README.md", "utf8");

/** The rows of the table under a heading, as cells. */
function tableUnder(heading: string): string[][] {
  const [section = ""] = readme.split(`## ${heading}\n`)[1]?.split("\n## ") ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("the README's error codes are those of the code", () => {
  const expected = Object.entries(ERRORS).map(([code, { exit, meaning }]) => [code, exit, meaning]);
  expect(tableUnder("Error codes")).toEqual(expected);
});

test("the README's exit codes are those of the code", () => {
  const expected = Object.entries(EXIT).map(([name, code]) => [String(code), name]);
  expect(tableUnder("Exit codes").map(([code, name]) => [code, name])).toEqual(expected);
});

test("the README names every failure code under its class", () => {
  const rows = tableUnder("What is retried");
  const named = rows.flatMap(([failureClass, codes = ""]) =>
    codes.split(" ").map((code) => `${failureClass} ${code}`),
  );
  expect(named.toSorted()).toEqual(
    Object.entries(FAILURES)
      .map(([code, entry]) => `${className(entry.class)} ${code}`)
      .toSorted(),
  );
});

test("the README names every verb", () => {
  const shown = Object.entries(VERBS).filter(([, { hidden }]) => hidden !== true);
  for (const [verb] of shown) expect(readme).toContain(`\`${verb}`);
});

test("the README's tables of keys are as the keys are declared", () => {
  // `bun run fix` writes them.
  expect(withReference(readme)).toBe(readme);
});
