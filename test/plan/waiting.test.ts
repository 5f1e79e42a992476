import { describe, expect, test } from "bun:test";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Task } from "../../src/model/task.ts";
import type { PlanInput } from "../../src/plan/input.ts";
import { plan } from "../../src/plan/plan.ts";
import { type Wait, waitsIn } from "../../src/plan/waiting.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, surroundings } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import { after, asRunning, aTask, at, killedBy, NOW_MS, type TaskChange } from "../rig/tasks.ts";

const task = (number: number, spec: TaskChange["spec"] = {}): Task => aTask({ number, spec });
const around = (change: Partial<PlanInput>): PlanInput =>
  surroundings({ machine: aMachine({ capacity: { jobs: 1, cpus: 4 } }), ...change });
const noJob = { resource: "jobs", wanted: 1, free: 0, total: 1 } as const;
const room = { type: "room", ahead: 0, keptFor: null, isHopeless: false } as const;
const next = { type: "next", devices: [] } as const;
const orphan = task(1, { after: [{ task: makeTaskId(9, "p"), when: "any" }] });
const choosy = task(1, { runnerSelector: [{ key: "pool", operator: "Exists" }] });

describe("waitsIn()", () => {
  const queued = [
    task(1),
    task(2),
    task(3, { hold: true }),
    task(4, { priority: 5, notBefore: at(9) }),
    task(5, { priority: 1 }),
  ];
  const running = [asRunning(task(9))];

  test.each([
    ["it is held", task(3, { hold: true }), {}, { type: "held" }],
    ["it is for later", task(4, { notBefore: at(9) }), {}, { type: "scheduled", untilMs: NOW_MS + 9 }],
    [
      "it waits for its retry",
      after(task(1), killedBy("SIGKILL")),
      {},
      { type: "backoff", untilMs: NOW_MS + 2_500 },
    ],
    [
      "its parent has not ended",
      orphan,
      { parents: new Map([[makeTaskId(9, "p"), "unfinished"]]) },
      { type: "dependency", parents: [{ task: makeTaskId(9, "p"), when: "any", state: "unfinished" }] },
    ],
    [
      "it wants another supervisor",
      choosy,
      {},
      { type: "selector", wanted: { key: "pool", operator: "Exists" } },
    ],
    ["it is about to start", task(1), { queued: [task(1)] }, next],
    ["another runs", task(1), { active: running, queued: [task(1)] }, { ...room, short: [noJob] }],
    [
      "two others are asked before it",
      queued[1] ?? orphan,
      { active: running, queued },
      { ...room, short: [noJob], ahead: 2 },
    ],
    [
      "the only place goes to another",
      queued[0] ?? orphan,
      { queued },
      { ...room, short: [noJob], ahead: 1 },
    ],
    [
      "another is asked before it, and stands in a lane",
      queued[1] ?? orphan,
      { active: [asRunning(task(9, { slot: "a" }))], queued: [task(1, { slot: "a" }), ...queued.slice(1)] },
      { ...room, short: [noJob], ahead: 1 },
    ],
    [
      "it wants more than there is",
      task(1, { resources: { cpus: 5 } }),
      { queued: [task(1, { resources: { cpus: 5 } })] },
      { ...room, short: [{ resource: "cpus", wanted: 5, free: 4, total: 4 }], isHopeless: true },
    ],
    [
      "it passes one that does not fit",
      task(2),
      { queued: [task(1, { resources: { cpus: 5 } }), task(2)] },
      next,
    ],
  ] satisfies [string, Task, Partial<PlanInput>, Wait][])("%s", (_what, of, change, wait) => {
    expect(waitsIn(around(change), true)(of)).toEqual(wait);
  });

  test("reports a missing supervisor before all reasons that only a supervisor could end", () => {
    const told = (of: Task): string => waitsIn(around({ queued: [of] }), false)(of).type;
    expect(told(task(1))).toBe("unsupervised");
    expect(told(choosy)).toBe("unsupervised");
    expect(told(task(1, { notBefore: at(9) }))).toBe("unsupervised");
    expect(told(task(1, { hold: true }))).toBe("held");
    expect(told(task(1, { after: [{ task: makeTaskId(9, "p"), when: "success" }] }))).toBe("dependency");
  });

  test("agrees with the plan: the task that is next is claimed with these devices, and no other", () => {
    fc.assert(
      fc.property(anySnapshot, (found) => {
        // What is called off, or waited too long, is no more asked for its turn.
        const snapshot = { ...found, isClaiming: true };
        const gone = new Set(
          plan(snapshot).actions.flatMap(({ type, task: of }) =>
            type === "dismiss" || type === "expire" ? [of] : [],
          ),
        );
        const left = { ...snapshot, queued: snapshot.queued.filter((of) => !gone.has(of)) };
        const claimed = plan(left).actions.flatMap((action) =>
          action.type === "claim" ? [[action.task, action.devices] as const] : [],
        );
        const waitOf = waitsIn(left, true);
        const told = left.queued.flatMap((of) => {
          const wait = waitOf(of);
          return wait.type === "next" ? [[of, wait.devices] as const] : [];
        });
        expect(new Map(told)).toEqual(new Map(claimed));
      }),
    );
  });
});
