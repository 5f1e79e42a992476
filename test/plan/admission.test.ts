import { describe, expect, test } from "bun:test";
import { cancelledInQueue, retried, stopRequested } from "../../src/model/lifecycle.ts";
import type { Metadata, Task } from "../../src/model/task.ts";
import { applyAdmission } from "../../src/plan/admission.ts";
import type { PlanInput } from "../../src/plan/input.ts";
import { fc } from "../rig/fast-check.ts";
import { surroundings } from "../rig/machine.ts";
import { anySnapshot } from "../rig/snapshots.ts";
import { after, aStop, asRunning, aTask, at, killedBy, type TaskChange } from "../rig/tasks.ts";

type Spec = TaskChange["spec"];
const inLane = (number: number, spec: Spec = {}, metadata: Partial<Metadata> = {}): Task =>
  aTask({ number, spec: { slot: "a", ...spec }, metadata });
const queueing = (number: number, batch?: string): Task => inLane(number, {}, mates(batch));
const dropping = (number: number, batch?: string): Task =>
  inLane(number, { admission: "dropIfRunning" }, mates(batch));
const replacing = (number: number, spec: Spec = {}, batch?: string): Task =>
  inLane(number, { admission: "replace", ...spec }, mates(batch));
const keyed = (number: number, spec: Spec = {}, batch?: string): Task =>
  aTask({ number, spec: { unique: "k", ...spec }, metadata: mates(batch) });
const mates = (batch?: string): Partial<Metadata> => (batch === undefined ? {} : { batch });
const parent = aTask({ number: 1 });
const laterChild = inLane(2, { notBefore: at(9), after: [{ task: parent.metadata.id, when: "any" }] });
const sleeping = (task: Task): Task => after(task, killedBy("SIGKILL"));
const again = (task: Task): Task =>
  retried(cancelledInQueue(task, { reason: "User", endedAt: at(), message: "" }));

/** What is called off: `reason number` of queued ones, `stop number by id` of active ones. */
function told(around: PlanInput): string[] {
  const { dismissed, superseded } = applyAdmission(around);
  return [
    ...dismissed.map(({ task, reason }) => `${reason} ${task.metadata.number}`),
    ...superseded.map(({ task, by }) => `stop ${task.metadata.number} for ${by}`),
  ];
}

type Case = [string, Partial<PlanInput>, string[]];

const DROPS: Case[] = [
  ["nothing in a lane that is idle", { queued: [dropping(1)] }, []],
  [
    "what comes to a lane where one runs",
    { active: [asRunning(inLane(1))], queued: [dropping(2)] },
    ["SlotBusy 2"],
  ],
  ["what comes behind one that waits", { queued: [queueing(1), dropping(2)] }, ["SlotBusy 2"]],
  ["what comes behind one that sleeps", { queued: [sleeping(inLane(9)), dropping(2)] }, ["SlotBusy 2"]],
  ["all but the first", { queued: [dropping(1), dropping(2), dropping(3)] }, ["SlotBusy 2", "SlotBusy 3"]],
  ["nothing for one that is held", { queued: [inLane(1, { hold: true }), dropping(2)] }, []],
  ["nothing for one that is for later", { queued: [inLane(1, { notBefore: at(9) }), dropping(2)] }, []],
  [
    "nothing for one that is for later and waits for another until then",
    { queued: [parent, laterChild, dropping(3)], parents: new Map([[parent.metadata.id, "unfinished"]]) },
    [],
  ],
  ["nothing of one batch", { queued: [dropping(1, "x"), dropping(2, "x")] }, []],
  [
    "what comes behind a batch",
    { queued: [dropping(1, "x"), dropping(2, "x"), dropping(3)] },
    ["SlotBusy 3"],
  ],
  ["nothing that has begun", { active: [asRunning(inLane(1))], queued: [sleeping(dropping(2))] }, []],
  [
    "nothing that a person asked for again",
    { active: [asRunning(inLane(1))], queued: [again(dropping(2))] },
    [],
  ],
  ["nothing in another lane", { active: [asRunning(inLane(1, { slot: "b" }))], queued: [dropping(2)] }, []],
  ["nothing that queues", { active: [asRunning(inLane(1))], queued: [queueing(2)] }, []],
];

const REPLACES: Case[] = [
  ["nothing in an idle lane", { queued: [replacing(1)] }, []],
  [
    "what runs, and leaves the others behind it",
    { active: [asRunning(inLane(1))], queued: [queueing(2), replacing(3)] },
    ["stop 1 for 000003-train"],
  ],
  [
    "nothing twice: what is being stopped already",
    {
      active: [stopRequested(asRunning(inLane(1)), aStop({ reason: "Superseded" }))],
      queued: [replacing(3)],
    },
    [],
  ],
  ["what sleeps between two attempts", { queued: [sleeping(inLane(1)), replacing(3)] }, ["Superseded 1"]],
  ["an earlier one of its kind", { queued: [replacing(1), replacing(3)] }, ["Superseded 1"]],
  [
    "all earlier ones of its kind, and what runs, for the last one alone",
    { active: [asRunning(inLane(1))], queued: [replacing(2), replacing(3), replacing(4)] },
    ["Superseded 2", "Superseded 3", "stop 1 for 000004-train"],
  ],
  ["nothing of its own batch", { queued: [replacing(1, {}, "x"), replacing(2, {}, "x")] }, []],
  [
    "what runs for a batch of its kind",
    { active: [asRunning(inLane(1))], queued: [replacing(2, {}, "x"), replacing(3, {}, "x")] },
    ["stop 1 for 000003-train"],
  ],
  [
    "nothing of its own batch that runs",
    { active: [asRunning(replacing(1, {}, "x"))], queued: [replacing(2, {}, "x")] },
    [],
  ],
  [
    "nothing that runs while it is held itself",
    { active: [asRunning(inLane(1))], queued: [replacing(2, { hold: true })] },
    [],
  ],
  [
    "nothing that sleeps while it is for later",
    { queued: [sleeping(inLane(1)), replacing(2, { notBefore: at(9) })] },
    [],
  ],
  [
    "nothing once it has begun, or was asked for again",
    { active: [asRunning(inLane(1))], queued: [sleeping(replacing(2)), again(replacing(3))] },
    [],
  ],
  ["nothing in another lane", { active: [asRunning(inLane(1, { slot: "b" }))], queued: [replacing(2)] }, []],
  [
    "nothing where it is called off itself",
    {
      active: [asRunning(inLane(1))],
      queued: [replacing(2, { unique: "k" }), replacing(3, { unique: "k" })],
    },
    ["Duplicate 3", "stop 1 for 000002-train"],
  ],
];

const KEYS: Case[] = [
  ["nothing with the only one of a key", { queued: [keyed(1), keyed(2, { unique: "l" })] }, []],
  ["the later ones of a key", { queued: [keyed(1), keyed(2), keyed(3)] }, ["Duplicate 2", "Duplicate 3"]],
  [
    "what comes while one runs, whatever its number",
    { active: [asRunning(keyed(9))], queued: [keyed(2)] },
    ["Duplicate 2"],
  ],
  ["what comes while one sleeps", { queued: [keyed(2), sleeping(keyed(9))] }, ["Duplicate 2"]],
  ["what comes while one is held", { queued: [keyed(1, { hold: true }), keyed(2)] }, ["Duplicate 2"]],
  ["nothing of one batch", { queued: [keyed(1, {}, "x"), keyed(2, {}, "x")] }, []],
  ["nothing that a person asked for again", { queued: [keyed(1), again(keyed(2))] }, ["Duplicate 1"]],
];

const FAILED_SWEEP = { name: "s", id: 1, index: 1, size: 9, values: {}, maxFailures: 2 };
const member = (number: number, change: Partial<Metadata> = {}): Task =>
  aTask({ number, metadata: { group: FAILED_SWEEP, ...change } });
const failures = (count: number): ReadonlyMap<number, number> => new Map([[1, count]]);

const SWEEPS: Case[] = [
  ["nothing while fewer members failed", { queued: [member(1)], failedMembers: failures(1) }, []],
  [
    "all that wait once as many failed",
    { queued: [member(1), sleeping(member(2))], failedMembers: failures(2) },
    ["GroupFailed 1", "GroupFailed 2"],
  ],
  [
    "nothing of another sweep",
    { queued: [member(1, { group: { ...FAILED_SWEEP, id: 7 } })], failedMembers: failures(2) },
    [],
  ],
  ["nothing that a person asked for again", { queued: [again(member(1))], failedMembers: failures(9) }, []],
  ["nothing that runs", { active: [asRunning(member(1))], failedMembers: failures(9) }, []],
];

describe("callOff()", () => {
  const row = "%s";
  describe("drops for a busy lane", () => {
    test.each(DROPS)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });
  describe("replaces", () => {
    test.each(REPLACES)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });
  describe("drops for a key", () => {
    test.each(KEYS)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });
  describe("drops for the failures of a sweep", () => {
    test.each(SWEEPS)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });

  test("names the task for which another was dropped", () => {
    const messages = (around: Partial<PlanInput>): string[] =>
      applyAdmission(surroundings(around)).dismissed.map(({ message }) => message);
    expect(messages({ active: [asRunning(inLane(1))], queued: [dropping(2)] })).toEqual([
      "the lane a is busy: 000001-train runs in it",
    ]);
    expect(messages({ queued: [queueing(1), dropping(2)] })).toEqual([
      "the lane a is busy: 000001-train waits in it",
    ]);
    expect(messages({ queued: [replacing(1), replacing(3)] })).toEqual([
      "replaced by 000003-train in the lane a",
    ]);
    expect(messages({ queued: [keyed(1), keyed(2)] })).toEqual([
      "000001-train has the key k and has not ended",
    ]);
    expect(messages({ queued: [member(1)], failedMembers: failures(3) })).toEqual([
      "3 members of s failed (limit 2)",
    ]);
  });

  test("is idempotent", () => {
    fc.assert(
      fc.property(anySnapshot, (around) => {
        expect(applyAdmission(withoutFirst(around, Number.POSITIVE_INFINITY)).dismissed).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("has the same result after a crash between any two cancellations", () => {
    fc.assert(
      fc.property(anySnapshot, fc.nat(6), (around, written) => {
        const rest = withoutFirst(around, written);
        expect(told(rest)).toEqual(
          told(around).slice(applyAdmission(around).dismissed.slice(0, written).length),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("never drops all tasks of a key or of a lane", () => {
    const competing = new Set(["Duplicate", "SlotBusy", "Superseded"]);
    fc.assert(
      fc.property(anySnapshot, (around) => {
        const { dismissed } = applyAdmission(around);
        const gone = new Set(dismissed.map(({ task }) => task));
        // Of two that come in one turn, the first may find its lane busy after the second was dropped for its key: both go.
        const busy = new Set(
          dismissed.flatMap((one) => (one.reason === "SlotBusy" ? one.task.spec.unique : [])),
        );
        for (const { task, reason } of dismissed) {
          if (!competing.has(reason) || (reason === "Duplicate" && busy.has(task.spec.unique))) continue;
          const rivals = [...around.active, ...around.queued].filter((other) =>
            reason === "Duplicate"
              ? other.spec.unique === task.spec.unique
              : other.spec.slot === task.spec.slot,
          );
          // A rival that was dropped by a later rule was replaced in its lane by one that stays.
          const heirs = around.queued.filter((one) => one.spec.admission === "replace" && !gone.has(one));
          expect([...rivals.filter((one) => !gone.has(one)), ...heirs]).not.toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** The queue once the first dismissals are written. */
function withoutFirst(around: PlanInput, count: number): PlanInput {
  const gone = new Set(
    applyAdmission(around)
      .dismissed.slice(0, count)
      .map(({ task }) => task),
  );
  return { ...around, queued: around.queued.filter((task) => !gone.has(task)) };
}
