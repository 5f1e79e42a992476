import { describe, expect, test } from "bun:test";
import { endJob } from "../../../src/daemon/jobs/job.ts";
import { containerRunner } from "../../../src/daemon/jobs/runners/container.ts";
import { subprocessRunner } from "../../../src/daemon/jobs/runners/subprocess.ts";
import { LOOK_MS, sendDueSignals } from "../../../src/daemon/jobs/stop.ts";
import type { Kind } from "../../../src/model/kind.ts";
import { paused, stopRequested } from "../../../src/model/lifecycle.ts";
import { DEAD, JobsRig, runningHere, specOf } from "../../rig/fake-runner.ts";
import { aStop, aTask, at, exited } from "../../rig/tasks.ts";

/** At so many ms after the stop these signals have been sent in all, and the next look is in so many ms. */
type Step = readonly [atMs: number, signals: string, lookInMs: number | null];

interface Timeline {
  readonly what: string;
  readonly kind?: Kind["type"];
  /** The grace of the stop on record; null for none. */
  readonly graceMs: number | null;
  /** True where the job itself has ended, and some of its processes have not. */
  readonly isEnded?: boolean;
  readonly steps: readonly Step[];
}

const [T, TK, TKK, K, KK] = [
  "SIGTERM",
  "SIGTERM SIGKILL",
  "SIGTERM SIGKILL SIGKILL",
  "SIGKILL",
  "SIGKILL SIGKILL",
];

const timelines: readonly Timeline[] = [
  {
    what: "a job gets TERM, after its grace KILL, and KILL again each second",
    graceMs: 3_000,
    steps: [
      [0, T, LOOK_MS],
      [2_950, T, 50],
      [2_999, T, 1],
      [3_000, TK, LOOK_MS],
      [3_999, TK, LOOK_MS],
      [4_000, TKK, LOOK_MS],
      [4_999, TKK, LOOK_MS],
    ],
  },
  {
    what: "a job without a grace gets KILL at once, and again each second",
    graceMs: 0,
    steps: [
      [0, K, LOOK_MS],
      [999, K, LOOK_MS],
      [1_000, KK, LOOK_MS],
    ],
  },
  {
    what: "a job without a stop gets nothing",
    graceMs: null,
    steps: [
      [0, "", null],
      [60_000, "", null],
    ],
  },
  {
    what: "what a job left gets the grace of its task",
    graceMs: null,
    isEnded: true,
    steps: [
      [0, T, LOOK_MS],
      [29_999, T, 1],
      [30_000, TK, LOOK_MS],
      [31_000, TKK, LOOK_MS],
    ],
  },
  {
    what: "what a stopped job left gets the grace of the stop",
    graceMs: 0,
    isEnded: true,
    steps: [[0, K, LOOK_MS]],
  },
  {
    what: "a container gets TERM, after its grace KILL, and no other, which would take the runner that ends it",
    kind: "container",
    graceMs: 3_000,
    steps: [
      [0, T, LOOK_MS],
      [2_999, T, 1],
      [3_000, TK, LOOK_MS],
      [60_000, TK, LOOK_MS],
    ],
  },
  {
    what: "commands of the engine that a container left get KILL at once, and again each second",
    kind: "container",
    graceMs: null,
    isEnded: true,
    steps: [
      [0, K, LOOK_MS],
      [999, K, LOOK_MS],
      [1_000, KK, LOOK_MS],
    ],
  },
];

describe("sendDueSignals()", () => {
  test.each(timelines.map((one) => [one.what, one] as const))("%s", async (_what, one) => {
    await using rig = new JobsRig();
    const { kind = "subprocess", graceMs, isEnded = false } = one;
    const running = runningHere(aTask({ spec: specOf(kind) }));
    const task = graceMs === null ? running : stopRequested(running, aStop({ graceMs }));
    const ran = rig.run(task, { parent: { type: "child", end: null, isMissing: false } });
    if (isEnded) endJob(ran.job, { ending: exited(0), endedAtMs: 0 });
    let passedMs = 0;
    for (const [atMs, signals, lookInMs] of one.steps) {
      rig.clock.advance(atMs - passedMs);
      passedMs = atMs;
      expect([atMs, sendDueSignals(rig.supervisor, [ran])]).toEqual([atMs, lookInMs]);
      expect([atMs, rig.signals.join(" ")]).toEqual([atMs, signals]);
    }
  });

  test("a shorter grace that is asked for later counts from the TERM", async () => {
    await using rig = new JobsRig();
    const patient = stopRequested(runningHere(aTask()), aStop({ graceMs: 30_000 }));
    const { job } = rig.run(patient);
    sendDueSignals(rig.supervisor, [{ task: patient, job }]);
    rig.clock.advance(2_000);
    const task = stopRequested(patient, aStop({ graceMs: 1_000 }));
    sendDueSignals(rig.supervisor, [{ task, job }]);
    expect(rig.signals.join(" ")).toBe(TK);
  });

  test("an end of which no event tells is looked for", async () => {
    await using rig = new JobsRig();
    const ran = rig.run(runningHere(aTask()));
    expect(sendDueSignals(rig.supervisor, [ran])).toBe(LOOK_MS);
  });
});

const PAUSE = { at: at(), awakeMs: 0, actor: "ada" };

describe("a runner sends", () => {
  const task = runningHere(aTask({ spec: specOf("container") }));
  const stopped = paused(task, PAUSE);
  // Before a rig replaces it.
  const runners = { subprocess: { ...subprocessRunner }, container: { ...containerRunner } };
  const OTHERS = { pid: 4_194_306, startTime: "778" };

  test.each([
    ["TERM to all of a subprocess", "subprocess", task, "SIGTERM", ["SIGTERM to the job"]],
    ["KILL to all of a subprocess", "subprocess", task, "SIGKILL", ["SIGKILL to the job"]],
    ["TERM to the runner of a container alone", "container", task, "SIGTERM", ["SIGTERM to the runner"]],
    [
      "CONT to a paused container beside its TERM",
      "container",
      stopped,
      "SIGTERM",
      ["SIGTERM to the runner", "SIGCONT to the job"],
    ],
    // In which its engine's monitor is too.
    [
      "KILL to all of a container but its groups",
      "container",
      stopped,
      "SIGKILL",
      ["SIGKILL to the job without its groups"],
    ],
  ] as const)("%s", async (_what, kind, of, sent, orders) => {
    await using rig = new JobsRig();
    const job = rig.jobOf(of, { leader: DEAD, runner: OTHERS, groups: ["/a-group"] });
    const found = runners[kind].signal({ task: of, job }, sent);
    const named = found.map(({ tree, signal }) => {
      if (tree.leader === OTHERS) return `${signal} to the runner`;
      return `${signal} to the job${tree === job ? "" : " without its groups"}`;
    });
    expect(named).toEqual([...orders]);
    // A token of the job's would reach its processes in the container as well.
    for (const { tree } of found) expect(tree.token === job.token).toBe(tree.leader !== OTHERS);
    const isWhole = kind === "subprocess" || sent !== "SIGKILL";
    if (!isWhole) expect(found[0]?.tree).toEqual({ ...job, groups: [] });
  });
});
