import { describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { sourcesIn } from "./sources.ts";

/** What costs more to load than a whole command: it is imported late, by those who cannot do without it. */
const HEAVY = ["chokidar", "croner", "execa", "proper-lockfile", "yaml", "node:crypto", "node:tty"];

/** The verbs that people and scripts call all day. */
const QUICK = [
  "submit",
  "ls",
  "show",
  "explain",
  "logs",
  "wait",
  "cancel",
  "retry",
  "hold",
  "release",
  "stats",
  "clean",
  "down",
];

const texts = new Map(sourcesIn("src").map(({ path, text }) => [path, text]));
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** All that is loaded with a file, before a line of it runs; types and what is imported late are not. */
function loadedWith(path: string, loaded = new Set<string>()): Set<string> {
  for (const { kind, path: target } of transpiler.scanImports(texts.get(path) ?? "")) {
    if (kind !== "import-statement") continue;
    const found = target.startsWith(".") ? join(dirname(path), target) : target;
    if (loaded.has(found)) continue;
    loaded.add(found);
    loadedWith(found, loaded);
  }
  return loaded;
}

describe("a start", () => {
  test.each(QUICK)("of %s loads nothing heavy", (verb) => {
    const loaded = loadedWith(`src/cli/commands/${verb}.ts`);
    expect(loaded).toContain("src/store/layout.ts");
    expect(HEAVY.filter((one) => loaded.has(one))).toEqual([]);
  });

  test("loads no verb but the one that is called", () => {
    const loaded = [...loadedWith("src/main.ts")];
    expect(loaded).toContain("src/cli/verbs.ts");
    expect(loaded.filter((path) => /^src\/(cli\/commands|daemon|intake|plan|run)\//.test(path))).toEqual([]);
  });
});
