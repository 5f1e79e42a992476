import { describe, expect, test } from "bun:test";
import { cancelledInQueue, retried } from "../../src/model/lifecycle.ts";
import { workKeyOf } from "../../src/model/reuse.ts";
import type { Metadata, Task } from "../../src/model/task.ts";
import { applyAdmission } from "../../src/plan/admission.ts";
import type { PlanInput } from "../../src/plan/input.ts";
import { surroundings } from "../rig/machine.ts";
import { after, asRunning, aTask, at, killedBy, type TaskChange } from "../rig/tasks.ts";

type Spec = TaskChange["spec"];
type Case = [string, Partial<PlanInput>, string[]];
const row = "%s";
const mates = (batch?: string): Partial<Metadata> => (batch === undefined ? {} : { batch });
const sleeping = (task: Task): Task => after(task, killedBy("SIGKILL"));
const again = (task: Task): Task =>
  retried(cancelledInQueue(task, { reason: "User", endedAt: at(), message: "" }));
const told = (around: PlanInput): string[] =>
  applyAdmission(around).dismissed.map(({ task, reason }) => `${reason} ${task.metadata.number}`);

const work = (number: number, spec: Spec = {}, batch?: string): Task =>
  aTask({ number, spec: { key: "w/1", ...spec }, metadata: mates(batch) });
const doneKeys = new Map([["w/1", aTask({ number: 1 }).metadata.id]]);

const WORKS: Case[] = [
  ["nothing with keys of their own", { queued: [work(1), work(2, { key: "w/2" })] }, []],
  ["what was done before", { queued: [work(2), work(3, { key: "w/2" })], doneKeys }, ["Duplicate 2"]],
  ["nothing that is to run again", { queued: [work(2, { rerun: true })], doneKeys }, []],
  [
    "what comes while another runs, though it is to run again",
    { active: [asRunning(work(9))], queued: [work(2, { rerun: true })] },
    ["Duplicate 2"],
  ],
  ["the later ones of one batch", { queued: [work(1, {}, "x"), work(2, {}, "x")] }, ["Duplicate 2"]],
  ["nothing that was done before and a person asked for again", { queued: [again(work(2))], doneKeys }, []],
  ["nothing that has begun", { queued: [sleeping(work(2))], doneKeys }, []],
];

const CODE = { root: "/p", folder: "", snapshot: "a1", tree: "b2" };
const reusing = (number: number, spec: Spec = {}): Task =>
  aTask({ number, spec: { reuse: true, code: { mode: "snapshot" }, ...spec }, metadata: { code: CODE } });
const sameInputs = new Map([[workKeyOf(reusing(1)) ?? "", aTask({ number: 1 }).metadata.id]]);

const REUSED: Case[] = [
  ["what was done before", { queued: [reusing(2)], doneKeys: sameInputs }, ["Duplicate 2"]],
  ["what another one does", { active: [asRunning(reusing(1))], queued: [reusing(2)] }, ["Duplicate 2"]],
  ["nothing with other inputs", { queued: [reusing(2, { inputs: { lr: 1 } })], doneKeys: sameInputs }, []],
  [
    "nothing whose code is not fixed",
    { queued: [reusing(2, { code: { mode: "record" } })], doneKeys: sameInputs },
    [],
  ],
  ["nothing that is to run again", { queued: [reusing(2, { rerun: true })], doneKeys: sameInputs }, []],
];

const HOLDING = {
  name: "h",
  id: 1,
  index: 1,
  size: 9,
  values: {},
  holdAfter: { failures: 2, withinMs: 60_000 },
};
const waiting = (number: number, change: Partial<Metadata> = {}, spec: Spec = {}): Task =>
  aTask({ number, spec, metadata: { group: HOLDING, ...change } });
const quick = (...ends: number[]): PlanInput["quickFailures"] =>
  new Map([
    [1, ends.map((end, index) => ({ task: aTask({ number: 20 + index }).metadata.id, endedMs: end }))],
  ]);

const HOLDS: [string, Partial<PlanInput>, number[]][] = [
  ["nothing after fewer failures", { queued: [waiting(3)], quickFailures: quick(10) }, []],
  [
    "all that wait, for a retry too",
    { queued: [waiting(3), sleeping(waiting(4))], quickFailures: quick(10, 20) },
    [3, 4],
  ],
  ["nothing that is held", { queued: [waiting(3, {}, { hold: true })], quickFailures: quick(10, 20) }, []],
  ["nothing that runs", { active: [asRunning(waiting(3))], quickFailures: quick(10, 20) }, []],
  [
    "nothing that was released after one of them",
    {
      queued: [waiting(3, { failuresFrom: at(10) })],
      quickFailures: quick(Date.parse(at(10)), Date.parse(at(20))),
    },
    [],
  ],
  [
    "what was released before both of them",
    {
      queued: [waiting(3, { failuresFrom: at(9) })],
      quickFailures: quick(Date.parse(at(10)), Date.parse(at(20))),
    },
    [3],
  ],
  [
    "nothing of another sweep",
    { queued: [waiting(3, { group: { ...HOLDING, id: 2 } })], quickFailures: quick(10, 20) },
    [],
  ],
  [
    "nothing that is cancelled",
    { queued: [waiting(3, {}, { key: "w/1" })], quickFailures: quick(10, 20), doneKeys },
    [],
  ],
];

describe("applyAdmission() of night-long sweeps", () => {
  describe("drops for work that is done or begun", () => {
    test.each(WORKS)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });
  describe("drops for a fingerprint", () => {
    test.each(REUSED)(row, (_what, around, actions) => expect(told(surroundings(around))).toEqual(actions));
  });
  describe("holds after quick failures in a row", () => {
    test.each(HOLDS)(row, (_what, around, numbers) => {
      const { held } = applyAdmission(surroundings(around));
      expect(held.map(({ task }) => task.metadata.number)).toEqual(numbers);
    });
  });
});
