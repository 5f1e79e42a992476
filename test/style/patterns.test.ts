import { describe, expect, test } from "bun:test";
import { sourcesIn } from "./sources.ts";

/** A regular expression as it is written, behind what may stand before one. */
const LITERAL =
  /(?:^|[(=,:!?[&|]|return|\s)\s*\/((?![*/ ])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+)\/([dgimsuvy]*)(?=[.,;)\]\s:]|$)/g;

interface Found {
  readonly place: string;
  readonly pattern: RegExp;
}

const found: Found[] = sourcesIn("src").flatMap(({ path, text }) =>
  text.split("\n").flatMap((line, index) =>
    /^\s*(\/\/|\/?\*)/.test(line)
      ? []
      : [...line.matchAll(LITERAL)].map(([, source = "", flags]) => ({
          place: `${path}:${index + 1}`,
          pattern: new RegExp(source, flags),
        })),
  ),
);

/** What is repeated, and what stands around it: a pattern that can share a run among its parts in many ways tries all of them. */
const UNITS = [
  ..."a1 \t\n\r'\"\\-:,#.=_A0/*${}[]()%".split(""),
  ..." a|a |1-|a,|, |a-a,|\\a|''|'a'|1d|1.1d|${{|$${{|\r\n|#\n|ab |ab-ab,|sun |a=a|a.a".split("|"),
];
const BEFORE = ["", "a", "1", '"', "'", "#", "$", "-", "\n", "http://", "${{ ", "sh "];
const AFTER = ["", "!", "\n!", "é"];
/** With two ways for each of them, trying all would not end. */
const TIMES = 40;

describe("a regular expression over texts of users", () => {
  test("is found where it is written", () => {
    expect(found.length).toBeGreaterThan(200);
  });

  // One that is not linear is told by the test that does not end.
  test.each(found)("returns for every text: $place", ({ pattern }) => {
    const words = pattern.source.match(/[A-Za-z]{2,}/g) ?? [];
    for (const before of BEFORE) {
      for (const unit of [...UNITS, ...words]) {
        for (const after of AFTER) `${before}${unit.repeat(TIMES)}${after}`.search(pattern);
      }
    }
  });

  test("is never made of a user's pattern without escaping", () => {
    const made = sourcesIn("src").flatMap(({ path, text }) => (text.includes("new RegExp(") ? [path] : []));
    expect(made.toSorted()).toEqual([
      "src/cli/job-text.ts",
      "src/lib/printable.ts",
      "src/machine/memory.ts",
      "src/run/mask.ts",
    ]);
  });
});
