import { describe, expect, test } from "bun:test";
import { getAt, type Tree } from "../../src/intake/candidate.ts";
import { draftsFromFlags, overrideFields, type TypedKey } from "../../src/intake/fields-typed.ts";
import { KEYS } from "./key-cases.ts";
import { CONTEXT, draftIn } from "./rig.ts";

/** Cases of one line for each key, as pairs: what a person types after `--set`. */
const CASES = Object.values(KEYS)
  .flat()
  .filter(({ text }) => text.split("\n").every((line) => /^[\w.]+: [^|]/.test(line)))
  .map((one) => ({
    ...one,
    pairs: one.text.split("\n").map((line): TypedKey => {
      const [key = "", ...rest] = line.split(": ");
      return [key, rest.join(": "), `--set.${key}`];
    }),
  }));

const PROGRAM = ["run", "script", "command", "container"];

describe("--set KEY=VALUE", () => {
  test("is tried with every key", () => {
    expect(CASES.length).toBeGreaterThan(100);
  });

  test.each(CASES)("$text sets of a command what it sets in a file", async ({ pairs, at, value }) => {
    const isWhole = pairs.some(([key]) => PROGRAM.includes(key.split(".", 1)[0] ?? ""));
    const drafts = await draftsFromFlags([...(isWhole ? [] : [["run", "work"] as const]), ...pairs], CONTEXT);
    if (!drafts.ok) throw new Error(JSON.stringify(drafts.error));
    expect(getAt(drafts.value[0] as unknown as Tree, at)).toEqual(value);
  });

  test.each(CASES.filter(({ at }) => at[0] !== "name"))(
    "$text sets over a task file what it sets in one",
    async ({ pairs, at, value }) => {
      const draft = await overrideFields(draftIn("run: work"), pairs, CONTEXT);
      if (!draft.ok) throw new Error(JSON.stringify(draft.error));
      expect(getAt(draft.value as unknown as Tree, at)).toEqual(value);
    },
  );

  test.each([
    [["limits", "{memory: 8}", "--set.limits"], "--set limits.memory is 8 without a unit"],
    [["retry.maxAttempts", "x", "--set.retry.maxAttempts"], '--set retry.maxAttempts is "x"'],
    [["limits.memry", "8GB", "--set.limits.memry"], "--set limits.memry is unknown"],
    [["env", "A=b", "--set.env"], "--set env is"],
  ] as [TypedKey, string][])("%j is refused by its name", async (pair, says) => {
    const made = await draftsFromFlags([["run", "work"], pair], CONTEXT);
    const changed = await overrideFields(draftIn("run: work"), [pair], CONTEXT);
    for (const faults of [made, changed])
      expect(faults.ok ? [] : faults.error.map(({ message }) => message)).toEqual([
        expect.stringContaining(says),
      ]);
  });

  test("means a default by the word, as no other flag does", async () => {
    const file = draftIn("run: work\nslot: lane\npriority: 5");
    const set = await overrideFields(file, [["slot", "default", "--set.slot"]], CONTEXT);
    const flag = await overrideFields(file, [["slot", "default", "--slot"]], CONTEXT);
    expect([set.ok && set.value.spec.slot, flag.ok && flag.value.spec.slot]).toEqual([undefined, "default"]);
    const made = await draftsFromFlags(
      [
        ["run", "work"],
        ["priority", "default", "--set.priority"],
      ],
      { ...CONTEXT, defaults: { priority: 3 } },
    );
    expect(made.ok && made.value[0]?.spec.priority).toBe(3);
  });
});
