import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Source, sourcesIn } from "./sources.ts";
import { forbiddenWords } from "./words.ts";

function breaches({ path, text }: Source): string[] {
  return [...text.matchAll(forbiddenWords)].map(({ 0: found, index }) => {
    const line = text.slice(0, index).split("\n").length;
    return `${path}:${line}: "${found.replaceAll(/\s+/g, " ")}"`;
  });
}

const others = [
  "src/**/*.sh",
  "templates/*.*",
  "templates/python/*.py",
  "README.md",
  "src/ARCHITECTURE.md",
  "test/README.md",
  "templates/help/**/*.md",
].flatMap((glob) => [...new Bun.Glob(glob).scanSync()]);
const texts = [
  ...sourcesIn("src"),
  ...others.toSorted().map((path): Source => ({ path, text: readFileSync(path, "utf8") })),
];

describe("source, templates and documents", () => {
  test("use no forbidden word", () => {
    expect(texts.flatMap(breaches)).toEqual([]);
  });
});

describe("breaches()", () => {
  test.each([
    ["// Whoever comes first.", "Whoever"],
    ["/** There is none\n * just now. */", "none * just now"],
    ["# by\n# and by", "by # and by"],
    ["fault.mend", "mend"],
  ])("finds the word in %j", (text, found) => {
    expect(breaches({ path: "src/a.ts", text })).toEqual([`src/a.ts:1: "${found}"`]);
  });

  test.each(["// To amend it, see `nobody`.", "const bearsWeight = 1;"])("finds nothing in %j", (text) => {
    expect(breaches({ path: "src/a.ts", text })).toEqual([]);
  });
});
