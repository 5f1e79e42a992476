import { describe, expect, test } from "bun:test";
import { type Source, sourcesIn } from "./sources.ts";

/** Each file of cli/commands exports its command under this name. */
const BY_CONTRACT = ["verb"];
const EXPORT =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) +([\w$]+)/gm;

/** The names that a file declares and exports; each once, as an overload or a type beside its schema is one declaration. */
function namesOf({ text }: Source): string[] {
  return [...new Set([...text.matchAll(EXPORT)].map(([, name = ""]) => name))];
}

/** The names that more than one file declares, with the files. */
function twice(sources: readonly Source[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const source of sources) {
    for (const name of namesOf(source)) paths.set(name, [...(paths.get(name) ?? []), source.path]);
  }
  return new Map([...paths].filter(([name, files]) => files.length > 1 && !BY_CONTRACT.includes(name)));
}

const found = twice(sourcesIn("src"));

describe("an exported name", () => {
  test("is declared in one file", () => {
    expect([...found].map(([name, files]) => `${name}: ${files.join(", ")}`)).toEqual([]);
  });
});

describe("twice()", () => {
  test("finds what two files declare, and no re-export", () => {
    const sources = [
      { path: "a.ts", text: "export const one = 1;\nexport type Two = 2;\nexport function* three() {}" },
      { path: "b.ts", text: "export interface Two {}\nexport async function one() {}" },
      { path: "c.ts", text: 'export { three } from "./a.ts";\nfunction three() {}' },
    ];
    expect([...twice(sources)]).toEqual([
      ["one", ["a.ts", "b.ts"]],
      ["Two", ["a.ts", "b.ts"]],
    ]);
  });
});
