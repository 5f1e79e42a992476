import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { LAYERS, STRATA } from "./layers.ts";

/** A newcomer can hold so many files in mind, and not many more. */
const MAX_FILES = 25;

const text = readFileSync("src/ARCHITECTURE.md", "utf8");

/** The steps of the page: `file:function`. */
const steps = [...section("The life of a claim").matchAll(/^\d+\. `([^`:]+):(\w+)` — .+$/gm)].map(
  ([, file = "", name = ""]) => ({ file, name }),
);

function section(heading: string): string {
  const [, rest = ""] = text.split(`\n## ${heading}\n`);
  return rest.split("\n## ")[0] ?? "";
}

/** True where the text declares a function, class or constant, or a method of a class, of that name. */
function declares(source: string, name: string): boolean {
  const declaration = new RegExp(`^(?:export )?(?:async )?(?:function\\*? |class |const )${name}\\b`, "m");
  return declaration.test(source) || new RegExp(`^ {2}(?:async |\\*)?${name}[(<]`, "m").test(source);
}

test("the page of a claim leads from the loop to the writer", () => {
  expect(steps[0]).toEqual({ file: "daemon/supervise.ts", name: "supervise" });
  expect(steps.at(-1)).toEqual({ file: "store/writer.ts", name: "commit" });
  expect(steps).toHaveLength(section("The life of a claim").match(/^\d+\. /gm)?.length ?? 0);
});

test.each(steps)("the step $file:$name of the page exists", ({ file, name }) => {
  expect(declares(readFileSync(`src/${file}`, "utf8"), name)).toBe(true);
});

test("a claim is followed in at most 25 files", () => {
  expect(new Set(steps.map(({ file }) => file)).size).toBeLessThanOrEqual(MAX_FILES);
});

test("the strata of the page are those that the layers test enforces", () => {
  const [, block = ""] = /```strata\n([^`]*)```/.exec(text) ?? [];
  expect(block.trim().split("\n")).toEqual(STRATA.map((entries) => entries.join(" ")));
});

test("every path in ARCHITECTURE.md exists", () => {
  const named = [...text.matchAll(/`((?:[\w.*{},-]+\/)+[\w.*{},-]*)`/g)].map(([, path = ""]) => path);
  // Others are folders of a home, or rooms named without their layer.
  const paths = named.filter((path) => [...Object.keys(LAYERS), "test"].includes(path.split("/")[0] ?? ""));
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !isThere(path.startsWith("test/") ? path : `src/${path}`))).toEqual([]);
});

function isThere(path: string): boolean {
  return existsSync(path) || [...new Bun.Glob(path).scanSync()].length > 0;
}
