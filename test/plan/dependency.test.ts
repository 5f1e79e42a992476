import { describe, expect, test } from "bun:test";
import { makeTaskId, type TaskId } from "../../src/model/identity.ts";
import { type DependencyEnd, PARENT_ENDS, type ParentState, type Spec } from "../../src/model/spec.ts";
import type { Task } from "../../src/model/task.ts";
import { reasonsNotToWait } from "../../src/plan/drain.ts";
import { plan } from "../../src/plan/plan.ts";
import { aSnapshot } from "../rig/machine.ts";
import { aTask } from "../rig/tasks.ts";

const PARENT = makeTaskId(7, "parent");
const OTHER = makeTaskId(8, "other");
const STATES: readonly ParentState[] = ["unfinished", "completed", "failed", "cancelled", "gone"];

function child(spec: Partial<Spec>, epoch = 1): Task {
  const task = aTask({ number: 9, spec });
  return { ...task, metadata: { ...task.metadata, epoch } };
}

/** What becomes of a task in one turn: it is claimed, dismissed with a reason, or it waits. */
function fate(task: Task, states: Partial<Record<string, ParentState>>): string {
  const parents = new Map(
    [PARENT, OTHER].flatMap((id) => {
      const state = states[id];
      return state === undefined ? [] : [[id, state] as const];
    }),
  );
  const [action] = plan(aSnapshot({ queued: [task], parents })).actions;
  if (action === undefined) return "waits";
  return action.type === "dismiss" ? action.reason : action.type;
}

type Row = Readonly<Record<ParentState, string>>;

/** By what is waited for and whether a failed parent cancels; a person's retry is never dropped. */
const FATES: readonly [DependencyEnd, Spec["onParentFailure"], number, Row][] = [
  ["success", undefined, 1, row("waits", "claim", "waits", "waits", "waits")],
  ["success", "wait", 1, row("waits", "claim", "waits", "waits", "waits")],
  ["success", "cancel", 1, row("waits", "claim", "ParentFailed", "ParentFailed", "ParentFailed")],
  ["success", "cancel", 2, row("waits", "claim", "waits", "waits", "waits")],
  ["any", undefined, 1, row("waits", "claim", "claim", "claim", "claim")],
  ["any", "cancel", 1, row("waits", "claim", "claim", "claim", "claim")],
  ["any", "cancel", 2, row("waits", "claim", "claim", "claim", "claim")],
  ["failure", undefined, 1, row("waits", "NotNeeded", "claim", "waits", "waits")],
  ["failure", "cancel", 1, row("waits", "NotNeeded", "claim", "ParentFailed", "ParentFailed")],
  ["failure", "cancel", 2, row("waits", "waits", "claim", "waits", "waits")],
  ["oneOf", undefined, 1, row("waits", "claim", "waits", "waits", "waits")],
  ["oneOf", "cancel", 1, row("waits", "claim", "ParentFailed", "ParentFailed", "ParentFailed")],
  ["oneOf", "cancel", 2, row("waits", "claim", "waits", "waits", "waits")],
];

function row(unfinished: string, completed: string, failed: string, cancelled: string, gone: string): Row {
  return { unfinished, completed, failed, cancelled, gone };
}

const CASES = FATES.flatMap(([when, onParentFailure, epoch, fates]) =>
  STATES.map((state) => ({ when, onParentFailure, epoch, state, fate: fates[state] })),
);

describe("a task after an end of its parent", () => {
  test.each(CASES)(
    "with $when, $onParentFailure and epoch $epoch is $fate where the parent is $state",
    ({ when, onParentFailure, epoch, state, fate: expected }) => {
      const spec = {
        after: [{ task: PARENT, when }],
        ...(onParentFailure !== undefined && { onParentFailure }),
      };
      expect(fate(child(spec, epoch), { [PARENT]: state })).toBe(expected);
      // A drain waits for what is claimed or dismissed, and for what waits for one that runs.
      const around = aSnapshot({ queued: [child(spec, epoch)], parents: new Map([[PARENT, state]]) });
      const isFinal = expected === "waits" && state !== "unfinished";
      expect(reasonsNotToWait(around).has(child(spec).metadata.id)).toBe(isFinal);
    },
  );

  test("is tested with every end", () => {
    expect(new Set(FATES.map(([when]) => when))).toEqual(new Set(PARENT_ENDS));
  });

  test.each([
    ["completed", "completed", "claim"],
    ["completed", "unfinished", "waits"],
    ["completed", "failed", "ParentFailed"],
    ["unfinished", "failed", "ParentFailed"],
  ] as const)("of two that are %s and %s", (one, other, expected) => {
    const after = [PARENT, OTHER].map((task) => ({ task, when: "success" as const }));
    expect(fate(child({ after, onParentFailure: "cancel" }), { [PARENT]: one, [OTHER]: other })).toBe(
      expected,
    );
  });

  test.each(STATES.flatMap((one) => STATES.map((other) => [one, other] as const)))(
    "of two of which one is enough, that are %s and %s",
    (one, other) => {
      const after = [PARENT, OTHER].map((task) => ({ task, when: "oneOf" as const }));
      const both = [one, other];
      const expected = both.includes("completed")
        ? "claim"
        : both.includes("unfinished")
          ? "waits"
          : "ParentFailed";
      const states = { [PARENT]: one, [OTHER]: other };
      expect(fate(child({ after, onParentFailure: "cancel" }), states)).toBe(expected);
      // One that must succeed beside them is waited for all the same.
      const third = makeTaskId(6, "third");
      const more = [...after, { task: third, when: "any" as const }];
      const around = aSnapshot({
        queued: [child({ after: more })],
        parents: new Map<TaskId, ParentState>([
          [PARENT, one],
          [OTHER, other],
          [third, "unfinished"],
        ]),
      });
      expect(plan(around).actions).toEqual([]);
    },
  );

  test("is released where a retried parent succeeds", () => {
    const waiting = child({ after: [{ task: PARENT, when: "success" }] });
    expect(
      (["failed", "unfinished", "completed"] as const).map((state) => fate(waiting, { [PARENT]: state })),
    ).toEqual(["waits", "waits", "claim"]);
  });
});
