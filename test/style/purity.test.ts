import { describe, expect, test } from "bun:test";
import { type Source, sourcesIn } from "./sources.ts";

/** What the linter has no rule for: time, chance and the process by the back door. */
const AMBIENT = [
  { pattern: /\bnew Date\(\s*\)/, instead: "a Clock from lib/clock.ts" },
  { pattern: /(?<!new )\bDate\(\s*\)/, instead: "a Clock from lib/clock.ts" },
  { pattern: /\bglobalThis\b/, instead: "an argument" },
  { pattern: /\bcrypto\.(randomUUID|getRandomValues)\b/, instead: "lib/random.ts" },
  { pattern: /\bimport\.meta\.env\b/, instead: "cli/context.ts" },
];
/** Calls for the world outside, which pure rules have no use for. */
const OUTSIDE = [
  { pattern: /\bBun\./, instead: "an argument" },
  { pattern: /\b(setTimeout|setInterval|setImmediate|queueMicrotask|fetch)\(/, instead: "an argument" },
  { pattern: /\basync\b|\bawait\b/, instead: "plain values" },
];
const ADAPTERS = ["src/main.ts", "src/cli/context.ts", "src/lib/clock.ts", "src/lib/random.ts"];

/** The breaches of one file, comments aside. */
function impurities(source: Source): string[] {
  const code = source.text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const isPure = /^src\/(model|plan)\//.test(source.path);
  const rules = isPure ? [...AMBIENT, ...OUTSIDE] : AMBIENT;
  return rules.flatMap(({ pattern, instead }) => {
    const found = pattern.exec(code);
    return found === null ? [] : [`${source.path}: "${found[0]}", wanted is ${instead}`];
  });
}

describe("src", () => {
  test("takes time and chance as arguments, and model/ and plan/ everything from outside", () => {
    const sources = sourcesIn("src").filter(({ path }) => !ADAPTERS.includes(path));
    expect(sources.flatMap(impurities)).toEqual([]);
  });
});

describe("impurities()", () => {
  test.each([
    ["src/daemon/a.ts", "const now = new Date();", "new Date()"],
    ["src/daemon/a.ts", "const now = Date();", "Date()"],
    ["src/run/a.ts", "globalThis.process.exit();", "globalThis"],
    ["src/store/a.ts", "crypto.randomUUID();", "crypto.randomUUID"],
    ["src/plan/a.ts", "Bun.sleepSync(1);", "Bun."],
    ["src/model/a.ts", "setTimeout(f, 1);", "setTimeout("],
    ["src/plan/a.ts", "export async function a() {}", "async"],
  ])("%s: %j", (path, text, found) => {
    expect(impurities({ path, text })).toEqual([expect.stringContaining(`"${found}"`)]);
  });

  test.each([
    ["src/daemon/a.ts", "const at = new Date(ms).toISOString(); Bun.sleepSync(1);"],
    ["src/model/a.ts", "/** Bun. and fetch( in prose. */\n// await nothing\nconst a = 1;"],
  ])("%s may: %j", (path, text) => {
    expect(impurities({ path, text })).toEqual([]);
  });
});
