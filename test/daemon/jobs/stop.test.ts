import { describe, expect, test } from "bun:test";
import { endJob } from "../../../src/daemon/jobs/job.ts";
import { containerRunner } from "../../../src/daemon/jobs/runners/container.ts";
import { subprocessRunner } from "../../../src/daemon/jobs/runners/subprocess.ts";
import { LOOK_MS, sendDueSignals } from "../../../src/daemon/jobs/stop.ts";
import type { ProcessIdentity } from "../../../src/lib/host.ts";
import type { Kind } from "../../../src/model/kind.ts";
import { paused, stopRequested } from "../../../src/model/lifecycle.ts";
import { ALIVE, DEAD, JobsRig, runningHere, specOf } from "../../rig/fake-runner.ts";
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
  /** The first process of the job; absent where it is not known. */
  readonly main?: ProcessIdentity;
  readonly first?: "main" | "group";
  readonly steps: readonly Step[];
}

const [T, TK, TKK, K, KK] = [
  "SIGTERM",
  "SIGTERM SIGKILL",
  "SIGTERM SIGKILL SIGKILL",
  "SIGKILL",
  "SIGKILL SIGKILL",
];

const TO_MAIN = "SIGTERM to main";
const TO_OTHERS = `${TO_MAIN} SIGTERM to others`;

const timelines: readonly Timeline[] = [
  {
    what: "main gets TERM first, the others after half of the grace, and all get KILL after it",
    graceMs: 3_000,
    main: ALIVE,
    steps: [
      [0, TO_MAIN, LOOK_MS],
      [1_499, TO_MAIN, LOOK_MS],
      [1_500, TO_OTHERS, LOOK_MS],
      [2_999, TO_OTHERS, 1],
      [3_000, `${TO_OTHERS} SIGKILL`, LOOK_MS],
    ],
  },
  {
    what: "a job that is stopped as a group gets TERM at once",
    graceMs: 3_000,
    main: ALIVE,
    first: "group",
    steps: [
      [0, T, LOOK_MS],
      [3_000, TK, LOOK_MS],
    ],
  },
  {
    what: "where main is gone, the others get TERM at once",
    graceMs: 3_000,
    main: DEAD,
    steps: [[0, T, LOOK_MS]],
  },
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
    const { kind = "subprocess", graceMs, isEnded = false, main, first } = one;
    const running = runningHere(aTask({ spec: { ...specOf(kind), ...(first && { stop: { first } }) } }));
    const task = graceMs === null ? running : stopRequested(running, aStop({ graceMs }));
    const parent = { type: "child", end: null, isMissing: false } as const;
    const ran = rig.run(task, { parent, ...(main !== undefined && { main }) });
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

  test("the others get TERM as soon as main has ended, and KILL by the grace of the first TERM", async () => {
    await using rig = new JobsRig();
    const task = stopRequested(runningHere(aTask()), aStop({ graceMs: 30_000 }));
    const { job } = rig.run(task, { main: ALIVE });
    sendDueSignals(rig.supervisor, [{ task, job }]);
    rig.clock.advance(2_000);
    endJob(job, { ending: exited(0), endedAtMs: 0 });
    job.main = DEAD;
    sendDueSignals(rig.supervisor, [{ task, job }]);
    expect(rig.signals.join(" ")).toBe(TO_OTHERS);
    rig.clock.advance(28_000);
    sendDueSignals(rig.supervisor, [{ task, job }]);
    expect(rig.signals.join(" ")).toBe(`${TO_OTHERS} SIGKILL`);
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
    [
      "TERM to all of a subprocess",
      "subprocess",
      task,
      "SIGTERM",
      ["SIGTERM to the job", "SIGCONT to the job"],
    ],
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
    const found = runners[kind].signal({ task: of, job }, { signal: sent });
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
