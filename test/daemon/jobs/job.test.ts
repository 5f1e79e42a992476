import { expect, test } from "bun:test";
import {
  endJob,
  endOf,
  type Job,
  lastSignal,
  NEXT_PHASES,
  noteSignal,
} from "../../../src/daemon/jobs/job.ts";
import { aTask, exited } from "../../rig/tasks.ts";

const END = { ending: exited(0), endedAtMs: 1 };
const TERM = { signal: "SIGTERM", atAwakeMs: 1 } as const;
const KILL = { signal: "SIGKILL", atAwakeMs: 2 } as const;

function aJob(): Job {
  const { id } = aTask().metadata;
  const place = { id, attempt: 1, token: "token", directory: "/nowhere", limits: null, groups: [] };
  const times = { startedAtMs: 0, startedAwakeMs: 0 };
  return { ...place, ...times, leader: null, parent: { type: "watched" }, phase: { type: "running" } };
}

test("a job goes from running by way of stopping to ended, and keeps the last signal", () => {
  const job = aJob();
  noteSignal(job, TERM);
  noteSignal(job, KILL);
  expect([job.phase.type, lastSignal(job), endOf(job)]).toEqual(["stopping", KILL, null]);
  endJob(job, END);
  expect([job.phase.type, lastSignal(job), endOf(job)]).toEqual(["ended", KILL, END]);
});

test("a signal to what an ended job left changes nothing of its end", () => {
  const job = aJob();
  endJob(job, END);
  noteSignal(job, KILL);
  expect([job.phase.type, lastSignal(job), endOf(job)]).toEqual(["ended", KILL, END]);
});

test("a job ends once", () => {
  const job = aJob();
  endJob(job, END);
  expect(() => endJob(job, END)).toThrow("cannot become ended: it is ended");
});

test("an ended job and one that was never started have no next phase", () => {
  const last = Object.entries(NEXT_PHASES).filter(([, next]) => next.length === 0);
  expect(last.map(([phase]) => phase)).toEqual(["ended", "unstarted"]);
});
