import { describe, expect, test } from "bun:test";
import { wholeOf } from "../../src/lib/steps.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import { NO_RULES, type RetentionRules } from "../../src/model/retention.ts";
import { type EndedTask, outdated } from "../../src/plan/retention.ts";
import { fc } from "../rig/fast-check.ts";
import { NOW_MS } from "../rig/tasks.ts";

/** Task 1 ended one ms ago, task 2 two … each with 10 bytes; 3 is dead, 4 is needed. */
const SIX: EndedTask[] = [1, 2, 3, 4, 5, 6].map((number) => ({
  id: makeTaskId(number, "train"),
  isDead: number === 3,
  endedAtMs: NOW_MS - number,
  isNeeded: number === 4,
  bytes: 10,
}));

const outdatedOf = (ended: readonly EndedTask[], rules: RetentionRules) =>
  wholeOf(outdated(ended, { rules, nowMs: NOW_MS }));

const removed = (change: Partial<RetentionRules>): string => {
  const { tasks, parts } = outdatedOf(SIX, { ...NO_RULES, ...change });
  const shown = (of: typeof tasks, usual: string): string =>
    of
      .map(({ task, parts: some }) => {
        const letters = some.map((part) => part.charAt(0)).join("");
        return `${Number.parseInt(task.id, 10)}${letters === usual ? "" : letters}`;
      })
      .join(" ");
  return `${shown(tasks, "l")}|${shown(parts, "l")}`;
};

describe("outdated()", () => {
  // Oldest first where a count or a size decides, else as listed.
  test.each<[rules: Partial<RetentionRules>, removed: string]>([
    [{}, "|"],
    [{ doneMs: 2 }, "5 6|"],
    [{ doneMs: 0, deadLetterMs: 0 }, "1 2 5 6|"],
    [{ doneMs: 0, deadLetterMs: 0, takesDeadLetter: true }, "1 2 3 5 6|"],
    [{ doneMs: 0, takesDeadLetter: true }, "1 2 5 6|"],
    [{ count: 3 }, "6 5|"],
    [{ count: 0 }, "6 5 2 1|"],
    [{ count: 3, takesDeadLetter: true }, "6 5|"],
    [{ bytes: 30 }, "6 5|"],
    [{ bytes: 29 }, "6 5|"],
    [{ bytes: 19 }, "6 5 2|"],
    [{ logsMs: 1 }, "|2 5 6"],
    [{ logsMs: 1, doneMs: 4 }, "5 6|2"],
    [{ artifactsMs: 1, checkpointsMs: 5 }, "|2a 5a 6ac"],
    [{ artifactsMs: 5, doneMs: 4 }, "5 6la|"],
    [{ takes: ["artifacts", "checkpoint"], doneMs: 4 }, "5lac 6lac|"],
  ])("%j", (rules, expected) => {
    expect(removed(rules)).toBe(expected);
  });

  test.each([
    ["always", {}, []],
    ["always", { takes: ["artifacts"], doneMs: 4 }, ["logs", "artifacts"]],
    [3, {}, ["artifacts"]],
    [7, {}, []],
    [undefined, {}, ["artifacts"]],
    [3, { appliesKeep: false, artifactsMs: null }, []],
  ] as const)("artifacts that the task itself keeps %p go with the rules %j", (keep, rules, parts) => {
    const task = {
      id: makeTaskId(1, "t"),
      isDead: false,
      endedAtMs: NOW_MS - 5,
      isNeeded: false,
      bytes: 0,
      keep,
    };
    const { tasks, parts: some } = outdatedOf([task], {
      ...NO_RULES,
      artifactsMs: 4,
      appliesKeep: true,
      ...rules,
    });
    expect([...tasks, ...some].flatMap((one) => one.parts)).toEqual([...parts]);
  });

  const anyTasks = fc
    .array(
      fc.record({
        isDead: fc.boolean(),
        endedAtMs: fc.integer({ min: NOW_MS - 50, max: NOW_MS + 5 }),
        isNeeded: fc.boolean(),
        bytes: fc.nat(20),
      }),
      { maxLength: 20 },
    )
    .map((tasks): EndedTask[] => tasks.map((task, index) => ({ ...task, id: makeTaskId(index + 1, "t") })));
  const limit = fc.option(fc.nat(60));
  const anyRules = fc.record({
    doneMs: limit,
    deadLetterMs: limit,
    takesDeadLetter: fc.boolean(),
    count: limit,
    bytes: limit,
    logsMs: limit,
    artifactsMs: limit,
    checkpointsMs: limit,
    appliesKeep: fc.boolean(),
    takes: fc.subarray(["artifacts", "checkpoint"] as const),
  });

  test("keeps tasks that are needed, young, or in dead-letter/, and what stays respects the rules", () => {
    fc.assert(
      fc.property(anyTasks, anyRules, (ended, rules) => {
        const { tasks, parts } = outdatedOf(ended, rules);
        const gone = new Set(tasks.map(({ task }) => task));
        for (const { task, parts: some } of [...tasks, ...parts]) {
          expect(task.isNeeded).toBeFalse();
          if (task.isDead) expect(rules.takesDeadLetter).toBeTrue();
          const ageMs = NOW_MS - task.endedAtMs;
          const isAsked = (part: "artifacts" | "checkpoint"): boolean =>
            rules.takes.includes(part) && gone.has(task);
          if (some.includes("artifacts") && !isAsked("artifacts"))
            expect(ageMs).toBeGreaterThan(rules.artifactsMs ?? Infinity);
          if (some.includes("checkpoint") && !isAsked("checkpoint"))
            expect(ageMs).toBeGreaterThan(rules.checkpointsMs ?? Infinity);
        }
        for (const { task } of parts) expect(gone.has(task)).toBeFalse();
        const free = ended.filter(
          (task) => !gone.has(task) && !task.isNeeded && (!task.isDead || rules.takesDeadLetter),
        );
        for (const { isDead, endedAtMs } of free) {
          const most = (isDead ? rules.deadLetterMs : rules.doneMs) ?? Number.POSITIVE_INFINITY;
          expect(NOW_MS - endedAtMs).toBeLessThanOrEqual(most);
        }
        if (rules.count !== null) expect(free.length).toBeLessThanOrEqual(rules.count);
        const bytes = free.reduce((total, task) => total + task.bytes, 0);
        if (rules.bytes !== null) expect(bytes).toBeLessThanOrEqual(rules.bytes);
        // Without a limit on bytes, of two that are alike the newer one is never the one that goes.
        if (rules.bytes !== null) return;
        for (const task of gone)
          for (const kept of free)
            if (kept.isDead === task.isDead) expect(kept.endedAtMs).toBeGreaterThanOrEqual(task.endedAtMs);
      }),
    );
  });

  test("is idempotent", () => {
    fc.assert(
      fc.property(anyTasks, anyRules, (ended, rules) => {
        const gone = new Set(outdatedOf(ended, rules).tasks.map(({ task }) => task));
        const left = ended.filter((task) => !gone.has(task));
        expect(outdatedOf(left, rules).tasks).toEqual([]);
      }),
    );
  });
});
