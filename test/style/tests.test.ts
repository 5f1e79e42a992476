import { describe, expect, test } from "bun:test";
import { type Source, sourcesIn } from "./sources.ts";
import { forbiddenWords } from "./words.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where it may stand, and why. */
  readonly allowed?: Readonly<Record<string, string>>;
}

const RULES: readonly Rule[] = [
  {
    pattern: /\bperformance\b|\bhrtime\b|\bBun\.nanoseconds\b|\bconsole\.time/,
    instead: "CPU time (rig/cpu-time.ts), a count, or a stopwatch's lower bound (rig/patience.ts)",
    allowed: {
      "test/rig/patience.ts": "the deadline of a wait",
      "test/rig/simulated-machine.ts": "a clock that runs on",
      "test/lib/clock.test.ts": "one clock beside the other",
    },
  },
  { pattern: /expect\([^;]*\bnow\(\)\s*-/, instead: "CPU time (rig/cpu-time.ts) or a count" },
  {
    pattern: /\bMath\.random\b/,
    instead: "seededRandom(SEED) of rig/seed.ts",
    allowed: { "test/crash/soak-main.ts": "draws the seed of a long run, and prints it" },
  },
  {
    pattern: /from "fast-check"/,
    instead: "rig/fast-check.ts, which sets the seed",
    allowed: { "test/rig/fast-check.ts": "sets the seed" },
  },
  { pattern: /\bseed:\s*[\d_]+\s*[,}]/, instead: "the counterexample itself, in examples: of the property" },
  {
    pattern: /\bprocess\.env\b/,
    instead: "rig/surroundings.ts, which keeps the user and the machine out",
    allowed: {
      "test/rig/surroundings.ts": "keeps the environment out",
      "test/rig/seed.ts": "STINT_TEST_SEED",
      "test/rig/python.ts": "a gate must have the packages that a developer may lack",
      "test/cli/hostile-directory.test.ts": "in a program that the test writes",
      "test/crash/soak-main.ts": "STINT_TEST_SEED of the properties",
      "test/crash/upgrade.test.ts": "in a program that the test writes",
      "test/run/launch.test.ts": "there is something that a job could inherit",
      "test/run/script.test.ts": "in a program that the test writes",
      "test/style/shell.test.ts": "a gate must have the tool that a developer may lack",
    },
  },
  { pattern: /\b(test|describe)(\.\w+)*\.(only|todo)\b/, instead: "a test that runs" },
  {
    pattern: /expect\((true|false|null|undefined|[\d_]+|"[^"]*")\)\./,
    instead: "what the code under test gives",
  },
];

/** What is prose here: comments and names of tests. */
const PROSE = /^\s*(\/\/|\/?\*)|\/\/ |\b(test|describe)\b.*\(["'`]|^\s*\]?\)?\)\(["'`]/;

/** Tools that measure: the benchmark is no test. */
const MEASURES = /^test\/bench\//;
/** These hold what they look for. */
const SEARCHERS = ["test/style/tests.test.ts", "test/style/words.ts", "test/style/words.test.ts"];

/** What demands: an expectation, or a wait that fails. */
const CHECKS = /\bexpect|\buntil\(|\.reach\(|\.search\(|\bnotices\(|\bdrain\(/;

function breaches({ path, text }: Source): string[] {
  const lines = text.split("\n");
  const found = RULES.flatMap(({ pattern, instead, allowed = {} }) =>
    path in allowed
      ? []
      : lines.flatMap((line, index) =>
          pattern.test(line) ? [`${path}:${index + 1}: "${line.trim()}", wanted is ${instead}`] : [],
        ),
  );
  const words = lines.flatMap((line, index) =>
    PROSE.test(line) && line.search(forbiddenWords) >= 0
      ? [`${path}:${index + 1}: "${line.trim()}" has a private word`]
      : [],
  );
  return [...found, ...words, ...emptyTests({ path, text })];
}

/** Tests in whose text nothing is demanded. A test ends at the next line that is indented as its first and closes it. */
function emptyTests({ path, text }: Source): string[] {
  return [...text.matchAll(/^( *)test[.(][\s\S]*?^\1[)}\]].*;$/gm)]
    .filter(([body]) => !CHECKS.test(body))
    .map(([body]) => `${path}: "${body.trim().split("\n")[0]}" asserts nothing`);
}

describe("a test", () => {
  test("bounds no wall-clock time, draws from the seed, sees nothing of the machine, asserts something, and is named plainly", () => {
    const sources = sourcesIn("test").filter(({ path }) => !MEASURES.test(path) && !SEARCHERS.includes(path));
    expect(sources.flatMap(breaches)).toEqual([]);
  });

  test.each([
    "const begunMs = performance.now();",
    "expect(Date.now() - begunMs).toBeLessThan(500);",
    "const wait = Math.random() * 5;",
    'import fc from "fast-check";',
    "{ numRuns: 300, seed: 7 }",
    'const env = { ...process.env, A: "b" };',
    'test.only("one", () => {});',
    "expect(true).toBe(true);",
    'test("does much", () => {\n  run();\n});',
    'describe("a job that nobody watches", () => {',
    "/** A spoilt record. */",
  ])("may not say %j", (text) => {
    expect(breaches({ path: "test/a.test.ts", text })).toHaveLength(1);
  });

  test.each([
    "const nobody = { uid: 65_534 };",
    "const hourAgo = Date.now() - 3_600_000;",
    'test("does much", () => {\n  expect(run()).toBe(1);\n});',
  ])("may say %j", (text) => {
    expect(breaches({ path: "test/a.test.ts", text })).toEqual([]);
  });
});
