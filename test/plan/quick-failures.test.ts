import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../src/model/identity.ts";
import { type MemberEnd, memberEnd, quickFailuresOf } from "../../src/plan/quick-failures.ts";
import { fc } from "../rig/fast-check.ts";
import { aTask, taskIn } from "../rig/tasks.ts";

const group = {
  name: "s",
  id: 1,
  index: 1,
  size: 9,
  values: {},
  holdAfter: { failures: 3, withinMs: 1_000 },
};
const idOf = (number: number): TaskId => aTask({ number }).metadata.id;

const anyEnds: fc.Arbitrary<MemberEnd[]> = fc
  .array(fc.tuple(fc.nat(30), fc.boolean()), { maxLength: 9 })
  .map((ends) =>
    ends.map(([endedMs, isQuickFailure], index) => ({ task: idOf(index + 1), endedMs, isQuickFailure })),
  );

describe("quickFailuresOf()", () => {
  test("gives the last ends up to the first that is another, three at most, whatever their order", () => {
    fc.assert(
      fc.property(anyEnds, fc.infiniteStream(fc.nat(99)), (ends, order) => {
        const model: string[] = [];
        for (const end of ends.toSorted((left, right) => left.endedMs - right.endedMs)) {
          if (end.isQuickFailure) model.push(end.task);
          else model.length = 0;
        }
        const shuffled = ends
          .map((end) => ({ end, rank: order.next().value ?? 0 }))
          .toSorted((left, right) => left.rank - right.rank);
        const found = quickFailuresOf(
          shuffled.map(({ end }) => end),
          group,
        );
        expect(found.map(({ task }) => String(task))).toEqual(model.slice(-3));
      }),
    );
  });

  test("counts a failure by the time that its last attempt ran", () => {
    const failed = taskIn("failed");
    const [last] = failed.status.attempts.slice(-1);
    if (last === undefined || last.state === "running") throw new Error("it has no ended attempt");
    const ran = (durationMs: number): boolean | undefined =>
      memberEnd({
        ...failed,
        metadata: { ...failed.metadata, group },
        status: { ...failed.status, attempts: [{ ...last, durationMs }] },
      })?.isQuickFailure;
    expect([999, 1_000].map(ran)).toEqual([true, false]);
    expect(memberEnd(taskIn("completed"))?.isQuickFailure).toBe(false);
    expect(memberEnd(taskIn("cancelled"))).toBeNull();
  });
});
