import { describe, expect, test } from "bun:test";
import { FIELDS } from "../../src/intake/fields.ts";
import { taskFileSchema } from "../../src/intake/file-schema.ts";
import { SWEEP_KEYS } from "../../src/intake/keys/sweep.ts";
import { documentDrafts, readSubmission } from "../../src/intake/submission.ts";
import { fromPlain, NOWHERE } from "../../src/intake/value.ts";
import { fc } from "../rig/fast-check.ts";
import { isValid } from "../rig/json-schema.ts";
import { CONTEXT } from "./rig.ts";

const SCHEMA = taskFileSchema();
type Document = Record<string, unknown>;

function isRead(document: Document): boolean {
  const entries = Object.entries(document).map(([key, data]) => ({
    key,
    span: NOWHERE,
    value: fromPlain(data, key),
  }));
  const mapping = { type: "mapping", path: "", span: NOWHERE, entries } as const;
  return documentDrafts(mapping, { context: CONTEXT, text: "" }).ok;
}

/** What no key means, with what other keys mean: a value of one key is seldom right for another. */
const ODD: readonly unknown[] = [
  null,
  "",
  " ",
  "no such word",
  "a=b",
  "a,b",
  "!a",
  "-",
  "0",
  "-1",
  "1.5",
  "1e3",
  "~",
  "~ada/x",
  "$HOME",
  "/a/b",
  "a b",
  0,
  1,
  -1,
  2,
  0.5,
  256,
  1_001,
  2_000_000,
  1e15,
  true,
  false,
  [],
  [""],
  [null],
  [1],
  [true],
  ["a"],
  ["a b", 2],
  [["a"]],
  [{}],
  {},
  { a: "b" },
  { a: 1 },
  { a: null },
  { a: [1, "b"] },
  { a: {} },
  { "": 1 },
  { "a=b": 1 },
  { file: "x" },
  { env: ["A"] },
  { file: "x", env: ["A"] },
  { env: [] },
  { allowlist: ["A"] },
  { policy: "clear" },
  { policy: "allowlist", names: ["A"] },
  { policy: "always", interval: "1m" },
  { policy: "never", interval: "1m" },
  { interval: "1m" },
  { command: "perl" },
  { command: ["a"] },
  { command: "a", ping: "https://a" },
  { ping: { urlEnv: "U" } },
  { ping: { urlEnv: "U", url: "https://a" } },
  { webhook: { url: "https://a", headers: { A: { env: "B" }, C: "d" } } },
  { webhook: { url: "https://a", headers: { "A B": "d" } } },
  { webhook: { url: "https://a", secretEnv: "A", secretFile: "b" } },
  { key: "a", operator: "In", values: ["b"] },
  { key: "a", operator: "In" },
  { key: "a", operator: "Exists" },
  { key: "a", operator: "Exists", values: ["b"] },
  { from: 1, to: 3 },
  { from: 1 },
  { lr: [1, 2] },
  { lr: [] },
  { lr: { from: 1, to: 2 } },
  { GPU_OOM: { maxAttempts: 2 } },
  { gpu_oom: { backoff: { first: "1s" } } },
  { NO_SUCH: { maxAttempts: 2 } },
  "always:10m",
  "always:",
  "0s",
  "90s",
  "90 s",
  "1d2h",
  "8 GB",
  "8gib",
  "0B",
  "2026-05-01",
  "2026-05-01T03:00:00Z",
  "now",
  "25:00",
  "03:00",
  "022",
  "0788",
  "./data:/data:ro",
  "a:b",
  "a:/stint/run",
  "https://a.b/c",
  "ftp://a",
  "_G-P_u_OoM",
  "job",
  "code",
  "on_failure",
];

/** Examples, words and bounds that a schema holds anywhere. */
function valuesIn(schema: unknown): unknown[] {
  if (Array.isArray(schema)) return schema.flatMap(valuesIn);
  if (typeof schema !== "object" || schema === null) return [];
  const { examples = [], enum: words = [], minimum, maximum, ...rest } = schema as Record<string, unknown>;
  const bounds = [minimum, maximum].flatMap((bound) =>
    typeof bound === "number" ? [bound - 1, bound, bound + 1] : [],
  );
  return [
    ...(examples as unknown[]),
    ...(words as unknown[]),
    ...bounds,
    ...Object.values(rest).flatMap(valuesIn),
  ];
}

/** What stands beside a key for it to have a use. */
const BESIDE: Readonly<Record<string, Document>> = {
  run: {},
  command: {},
  script: {},
  args: { command: "a" },
  runtime: { script: "a" },
  admission: { run: "a", slot: "a" },
  maxParallel: { run: "a", array: "1-2" },
  maxFailures: { run: "a", array: "1-2" },
};

/** A document with one key, dotted in its group. */
function documentWith(key: string, value: unknown): Document {
  const [first = "", ...rest] = key.split(".");
  const own = rest.length === 0 ? { [first]: value } : { [first]: { [rest.join(".")]: value } };
  const image = FIELDS[key]?.kind === "container" && key !== "container.image" ? { image: "a" } : {};
  return { ...image, ...(BESIDE[key] ?? { run: "a" }), ...own };
}

/** In YAML 022 is the number 22 and is read by its text; a schema sees the number alone. */
const saysLess = (key: string, value: unknown): boolean => key === "umask" && Number.isInteger(value);

/** Documents are put together by their groups. */
function merged(documents: readonly Document[]): Document {
  const whole: Document = {};
  for (const [key, value] of documents.flatMap((one) => Object.entries(one))) {
    const before = whole[key];
    whole[key] = isMapping(before) && isMapping(value) ? { ...before, ...value } : value;
  }
  return whole;
}

function isMapping(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

describe("the schema of a task file", () => {
  const pool = [...new Set([...ODD, ...Object.values(FIELDS).flatMap(({ read }) => valuesIn(read.schema))])];
  const keys = [
    ...Object.keys(FIELDS),
    ...Object.keys(SWEEP_KEYS).filter((key) => key !== "each"),
    "image",
    "notify",
    "retry",
  ];

  test.each(keys)("accepts of %s what the reader accepts, and nothing else", (key) => {
    const differing = pool.filter((value) => {
      const document = documentWith(key, value);
      return isRead(document) !== isValid(document, SCHEMA);
    });
    expect(differing.filter((value) => !saysLess(key, value))).toEqual([]);
    expect(pool.some((value) => isRead(documentWith(key, value)))).toBeTrue();
  });

  test("agrees with the reader on documents with several keys, sound ones and others", () => {
    const parts = keys.map((key) => {
      const all = pool.filter((value) => !saysLess(key, value));
      const sound = all.filter((value) => isRead(documentWith(key, value)));
      const anyValue = fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...sound) },
        { weight: 1, arbitrary: fc.constantFrom(...all) },
      );
      return anyValue.map((value) => documentWith(key, value));
    });
    const anyPart = fc.oneof(...parts);
    const counts = { sound: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(anyPart, { minLength: 2, maxLength: 4 }), (some) => {
        const document = merged(some);
        const { first, max } = (document["backoff"] ?? {}) as Document;
        // Which of two values is larger, no schema can say.
        fc.pre(first === undefined || max === undefined);
        const read = readSubmission(JSON.stringify(document), CONTEXT);
        counts[read.ok ? "sound" : "refused"] += 1;
        expect([document, isValid(document, SCHEMA)]).toEqual([document, read.ok]);
      }),
      { numRuns: 800 },
    );
    expect(Math.min(counts.sound, counts.refused)).toBeGreaterThan(200);
  });
});
