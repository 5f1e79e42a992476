import { describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { sourcesIn } from "./sources.ts";

/** What costs more to load than a whole command: it is imported late, by those who cannot do without it. */
const HEAVY = ["chokidar", "croner", "execa", "proper-lockfile", "yaml", "node:crypto", "node:tty"];

/** The parts of the runtime that a quick verb is built from. */
const RUNTIME = ["fs", "os", "path", "process"];

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
  "pause",
  "resume",
  "stats",
  "clean",
  "down",
];

const SOURCES = new Map(sourcesIn("src").map(({ path, text }) => [path, text]));
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** All that is loaded with a file, before a line of it runs; types and what is imported late are not. */
function loadedWith(
  path: string,
  { within = SOURCES, loaded = new Set<string>() }: { within?: typeof SOURCES; loaded?: Set<string> } = {},
): Set<string> {
  for (const { kind, path: target } of transpiler.scanImports(within.get(path) ?? "")) {
    if (kind !== "import-statement") continue;
    const found = target.startsWith(".") ? join(dirname(path), target) : target;
    if (loaded.has(found)) continue;
    loaded.add(found);
    loadedWith(found, { within, loaded });
  }
  return loaded;
}

describe("a start", () => {
  test.each(QUICK)("of %s loads nothing heavy", (verb) => {
    const loaded = loadedWith(`src/cli/commands/${verb}.ts`);
    expect(loaded).toContain("src/store/layout.ts");
    expect(HEAVY.filter((one) => loaded.has(one))).toEqual([]);
  });

  test.each([
    ["emit", /^src\/(plan|daemon|desk|intake|machine)\//],
    ["ls", /^src\/(plan|daemon|intake|machine|run)\//],
    ["submit", /^src\/(intake\/(sweep|submission|diagnostic|task-text)|cli\/select)\b/],
  ])("of %s loads late what only few calls need", (verb, late) => {
    expect([...loadedWith(`src/cli/commands/${verb}.ts`)].filter((path) => late.test(path))).toEqual([]);
  });

  test("loads no verb but the one that is called", () => {
    const loaded = [...loadedWith("src/main.ts")];
    expect(loaded).toContain("src/cli/verbs.ts");
    expect(loaded.filter((path) => /^src\/(cli\/commands|daemon|intake|plan|run)\//.test(path))).toEqual([]);
  });

  test("of a quick verb loads little of the built runtime", async () => {
    const { outputs } = await Bun.build({
      entrypoints: ["src/main.ts"],
      target: "bun",
      splitting: true,
      naming: { chunk: "[name]-[hash].[ext]" },
    });
    const bundle = new Map(
      await Promise.all(outputs.map(async (one) => [join(one.path), await one.text()] as const)),
    );
    const loadedBy = (path: string): string[] => [...loadedWith(path, { within: bundle })];
    for (const verb of QUICK) {
      const chunks = [...bundle.keys()].filter((path) => new RegExp(`^${verb}-[^-]+\\.js$`).test(path));
      expect(chunks).toHaveLength(1);
      const loaded = [...loadedBy("main.js"), ...chunks.flatMap(loadedBy)].filter(
        (path) => !bundle.has(path),
      );
      expect(loaded).toContain("fs");
      expect(loaded.filter((path) => !RUNTIME.includes(path))).toEqual([]);
    }
  });
});
