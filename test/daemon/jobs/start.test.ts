import { describe, expect, spyOn, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTasks } from "../../../src/daemon/jobs/start.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { openAttempt, type Task } from "../../../src/model/task.ts";
import type { NotStarted } from "../../../src/run/launch.ts";
import { keepEnvironment } from "../../../src/store/environments.ts";
import { readKeptSecrets } from "../../../src/store/kept-secrets.ts";
import { readRecord } from "../../../src/store/record.ts";
import { refusedAt } from "../../rig/crash.ts";
import { withDevices } from "../../rig/device-pool.ts";
import { aLaunch, DEAD, JobsRig, KINDS } from "../../rig/fake-runner.ts";
import { aTask, NOW_MS, type TaskChange } from "../../rig/tasks.ts";

const GPU = "GPU-0";
const INVALID: NotStarted = { code: "INVALID_SPEC", error: "Cannot run it" };
const SHORTAGE: NotStarted = { code: "RUNTIME_ERROR", error: "Cannot fork", isShortage: true };

const placed = (task: Task, devices: readonly string[] = []) => ({ task, resources: {}, devices });

/** Two queued tasks, of which a test changes the first one. */
function twoTasks(rig: JobsRig, change: TaskChange = {}): Task[] {
  return [rig.add(aTask({ number: 1, ...change })), rig.add(aTask({ number: 2 }))];
}

/** Starts tasks as one group; tells of each its state and, where its start was refused, why. */
function start(rig: JobsRig, tasks: readonly Task[]): string[] {
  startTasks(
    rig.supervisor,
    tasks.map((task) => placed(task)),
  );
  return tasks.map((task) => {
    const { state } = rig.now(task).status;
    const phase = rig.supervisor.jobs.get(task.metadata.id)?.phase;
    if (phase?.type !== "unstarted" || phase.end.ending.type !== "notStarted")
      return `${state}, ${phase?.type}`;
    return `${state}, ${phase.end.ending.code}${phase.isRefused ? ", refused" : ""}`;
  });
}

type Under = (rig: JobsRig, work: () => string[]) => string[];

interface Refusal {
  readonly why: string;
  readonly task?: TaskChange;
  /** Does what the refusal comes from; starts the tasks. */
  readonly under?: Under;
  readonly first: string;
  /** Of the task behind it in the group. */
  readonly second?: string;
  readonly launched?: readonly string[];
}

const SECOND = ["000002-train"];
const refusals: readonly Refusal[] = [
  {
    why: "an invalid spec",
    under: answering(INVALID),
    first: "preparing, INVALID_SPEC",
    launched: ["000001-train", ...SECOND],
  },
  {
    why: "a shortage at the launch",
    under: answering(SHORTAGE),
    first: "preparing, RUNTIME_ERROR, refused",
    second: "preparing, RUNTIME_ERROR, refused",
    launched: ["000001-train"],
  },
  {
    why: "a shortage at the folder",
    under: failing("EMFILE"),
    first: "preparing, RUNTIME_ERROR, refused",
    second: "preparing, RUNTIME_ERROR, refused",
    launched: [],
  },
  {
    why: "a full disk at the folder",
    under: failing("ENOSPC"),
    first: "preparing, DISK_FULL",
    second: "preparing, DISK_FULL",
    launched: [],
  },
  {
    why: "a folder in which others may write",
    under: (rig, work) => {
      chmodSync(rig.folderOf(aTask()), 0o777);
      return work();
    },
    first: "preparing, RUNTIME_ERROR",
  },
  {
    why: "an environment that is gone",
    task: { metadata: { environment: "0".repeat(64) } },
    first: "preparing, INVALID_SPEC",
  },
  {
    why: "a variable that its submitter did not have",
    task: { spec: { kind: { ...KINDS.subprocess, envFrom: [{ env: ["MISSING"] }] } } },
    first: "preparing, INVALID_SPEC",
  },
  {
    why: "a file of variables on a disk that is not mounted",
    task: { spec: { kind: { ...KINDS.subprocess, envFrom: [{ file: "/not-mounted/here/env" }] } } },
    first: "preparing, DATA_UNREACHABLE",
  },
];

/** The first launch is refused. */
function answering(refusal: NotStarted): Under {
  return (rig, work) => {
    rig.onLaunch = () => (rig.launched.length === 1 ? err(refusal) : ok(aLaunch()));
    return work();
  };
}

/** No folder can be made. */
function failing(errno: string): Under {
  return (_, work) => refusedAt("start:furnished", errno, work);
}

describe("a start that is refused by", () => {
  test.each(refusals.map((one) => [one.why, one] as const))("%s", async (_why, refusal) => {
    await using rig = new JobsRig();
    const tasks = twoTasks(rig, refusal.task);
    const { under = (_, work) => work(), launched = SECOND, second = "preparing, running" } = refusal;
    expect(under(rig, () => start(rig, tasks))).toEqual([refusal.first, second]);
    expect(rig.launched).toEqual([...launched]);
    const isShortage = refusal.first.endsWith("refused");
    expect(rig.supervisor.starts).toMatchObject({ pausedUntilMs: isShortage ? 500 : 0 });
  });
});

interface Unclaimed {
  readonly why: string;
  readonly under: (rig: JobsRig, first: Task) => void;
  /** What is claimed and launched all the same. */
  readonly launched: readonly string[];
  readonly isDegraded: boolean;
}

const unclaimed: readonly Unclaimed[] = [
  {
    why: "runs/ is gone",
    under: ({ home }) => rmSync(home.layout.runs, { recursive: true }),
    launched: [],
    isDegraded: true,
  },
  {
    why: "the disk refuses the commit",
    under: ({ home }) => {
      const path = join(home.layout.home, "running");
      renameSync(path, `${path}.aside`);
      writeFileSync(path, "in the way");
    },
    launched: [],
    isDegraded: true,
  },
  {
    why: "its record is removed by hand",
    under: ({ home }, { metadata }) => rmSync(home.layout.record("pending", metadata.id)),
    launched: SECOND,
    isDegraded: false,
  },
  {
    why: "its record is edited by hand",
    under: ({ home }, { metadata }) => {
      const path = home.layout.record("pending", metadata.id);
      writeFileSync(path, readFileSync(path, "utf8").replace(/"priority": ?0/, '"priority":7'));
    },
    launched: SECOND,
    isDegraded: false,
  },
  {
    why: "its record goes while it is claimed",
    under: ({ home, supervisor }, { metadata }) => {
      const take = supervisor.devices?.take.bind(supervisor.devices);
      if (supervisor.devices === null || take === undefined) throw new Error("there are no devices");
      spyOn(supervisor.devices, "take").mockImplementation((placement, token) => {
        if (placement.task.metadata.id === metadata.id) rmSync(home.layout.record("pending", metadata.id));
        return take(placement, token);
      });
    },
    launched: SECOND,
    isDegraded: false,
  },
];

test.each(unclaimed.map((one) => [one.why, one] as const))(
  "where %s, a task is not launched and holds no device",
  async (_why, { under, launched, isDegraded }) => {
    await using rig = new JobsRig();
    const holding = withDevices(rig);
    const tasks = twoTasks(rig);
    under(rig, tasks[0] ?? aTask());
    startTasks(
      rig.supervisor,
      tasks.map((task) => placed(task, [GPU])),
    );
    expect(rig.launched).toEqual([...launched]);
    expect([...rig.supervisor.jobs.keys()].map(String)).toEqual([...launched]);
    expect(holding()).toEqual([...rig.supervisor.jobs.values()].map(({ token }) => token));
    expect(rig.supervisor.committer.degraded !== null).toBe(isDegraded);
  },
);

test("a task is not claimed where another home has just taken its device", async () => {
  await using rig = new JobsRig();
  withDevices(rig);
  const tasks = twoTasks(rig);
  if (rig.supervisor.devices !== null) spyOn(rig.supervisor.devices, "take").mockReturnValue(false);
  startTasks(
    rig.supervisor,
    tasks.map((task) => placed(task, [GPU])),
  );
  expect(tasks.map((task) => rig.now(task).status.state)).toEqual(["queued", "queued"]);
  expect(rig.launched).toEqual([]);
});

test("a job is launched once its claim is on disk, and counts from before the launch", async () => {
  await using rig = new JobsRig();
  const [task = aTask()] = twoTasks(rig);
  const path = rig.home.layout.record("running", task.metadata.id);
  rig.onLaunch = ({ order }) => {
    const read = readRecord(path);
    expect(read.ok && openAttempt(read.value)?.token).toBe(order.token);
    rig.clock.advance(70);
    return ok(aLaunch());
  };
  expect(start(rig, [task])).toEqual(["preparing, running"]);
  expect(rig.supervisor.jobs.get(task.metadata.id)).toMatchObject({
    leader: DEAD,
    startedAtMs: NOW_MS,
    startedAwakeMs: 0,
    parent: { type: "child", end: null },
  });
});

const file = (rig: JobsRig): string => join(rig.home.path, "variables");
const VALUE = "swordfish";

test.each<[string, { envFrom?: "file" | "env"; own?: boolean; kept: readonly string[] }]>([
  ["of a file are kept", { envFrom: "file", kept: [VALUE] }],
  ["of this supervisor's environment are kept", { envFrom: "env", own: true, kept: [VALUE] }],
  ["of a captured environment, which stays, are not kept", { envFrom: "env", kept: [] }],
  ["of a job without sources are none", { kept: [] }],
])("before a launch, the secrets %s", async (_what, { envFrom, own = false, kept }) => {
  await using rig = new JobsRig();
  writeFileSync(file(rig), `PASS=${VALUE}\n`, { mode: 0o600 });
  if (own) rig.environment["PASS"] = VALUE;
  const hash = keepEnvironment(rig.home.layout, { PASS: VALUE }, NOW_MS);
  const sources = { file: [{ file: file(rig) }], env: [{ env: ["PASS"] }], none: undefined };
  const found = sources[envFrom ?? "none"];
  const kind = { ...KINDS.subprocess, ...(found !== undefined && { envFrom: found }) };
  const [task = aTask()] = twoTasks(rig, { spec: { kind }, metadata: own ? {} : { environment: hash } });
  let atLaunch: readonly string[] | null = null;
  rig.onLaunch = () => {
    atLaunch = readKeptSecrets(rig.home.layout, task.metadata.id);
    return ok(aLaunch());
  };
  start(rig, [task]);
  expect(atLaunch as readonly string[] | null).toEqual([...kept]);
  expect(existsSync(rig.home.layout.secrets(task.metadata.id))).toBe(kept.length > 0);
  expect(rig.supervisor.jobs.get(task.metadata.id)?.secrets).toEqual(envFrom === undefined ? [] : [VALUE]);
});

test.each([
  ["is noted in its job", 4_194_305, { exitCode: 3, signal: null }],
  ["is not noted in a later job of its task", 4_194_306, null],
])("the end of a child %s", async (_what, pid, noted) => {
  await using rig = new JobsRig();
  const [task = aTask()] = twoTasks(rig);
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; signal: null }>();
  rig.onLaunch = () => ok(aLaunch(DEAD, promise));
  start(rig, [task]);
  const job = rig.supervisor.jobs.get(task.metadata.id);
  if (job !== undefined) rig.supervisor.jobs.set(job.id, { ...job, leader: { ...DEAD, pid } });
  resolve({ exitCode: 3, signal: null });
  await promise;
  expect(rig.supervisor.jobs.get(task.metadata.id)?.parent).toMatchObject({ end: noted });
});
