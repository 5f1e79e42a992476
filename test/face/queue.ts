import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { timestamp } from "../../src/lib/clock.ts";
import type { Ending } from "../../src/model/evidence.ts";
import { claimed, paused, preparingFor, started, stopRequested } from "../../src/model/lifecycle.ts";
import { directoryOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { finishAttempt } from "../../src/plan/finish-attempt.ts";
import { writeInventory } from "../../src/store/inventory-file.ts";
import type { Layout } from "../../src/store/layout.ts";
import { lockFolder, ownerFile } from "../../src/store/lock-owner.ts";
import { thisProcess } from "../../src/store/owner.ts";
import { allIds, readTask } from "../../src/store/reader.ts";
import { recordText } from "../../src/store/record.ts";
import { aDevice, GIB } from "../rig/machine.ts";
import { aStop, exited, half, killedBy, LOST, NOW_MS } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";
import type { Stage } from "./stage.ts";

const MINUTE_MS = 60_000;

/** An attempt: when it began, in minutes before now, and how it ended after how many, if it has. */
interface Run {
  readonly at: number;
  readonly devices?: readonly string[];
  readonly ended?: {
    readonly after: number;
    readonly ending: Ending;
    readonly log?: string;
    readonly stop?: "User" | "Timeout";
    readonly oomKilled?: boolean;
    readonly peakMemoryBytes?: number;
  };
}

function claimedAt(task: Task, { at, devices = [] }: Run): Task {
  const token = `token-${task.metadata.number}-${task.status.attempt + 1}`;
  return claimed(task, {
    token,
    supervisor: "here:1",
    hostBootId: "boot",
    claimedAt: timestamp(NOW_MS - at * MINUTE_MS),
    devices,
  });
}

function run(task: Task, one: Run): Task {
  const startedAtMs = NOW_MS - one.at * MINUTE_MS;
  const process = { pid: 4_000 + task.metadata.number, startTime: "777" };
  const running = started(claimedAt(task, one), {
    process,
    startedAt: timestamp(startedAtMs),
    startedAwakeMs: 1_000,
  });
  if (one.ended === undefined) return running;
  const { after, ending, log = "", stop, oomKilled = false, peakMemoryBytes } = one.ended;
  const endedAtMs = startedAtMs + after * MINUTE_MS;
  const intent = stop === undefined ? null : aStop({ reason: stop, requestedAt: timestamp(endedAtMs) });
  const end = {
    ending,
    endedAtMs,
    stop: intent,
    oomKilled,
    logTail: log,
    logBytes: log.length,
    logBytesCut: 0,
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  };
  return finishAttempt(intent === null ? running : stopRequested(running, intent), end, half);
}

const TRACEBACK = [
  "epoch 1/3 loss 0.61",
  "Traceback (most recent call last):",
  '  File "/home/ada/project/eval.py", line 12, in <module>',
  "    check(x)",
  "ValueError: x must be a positive number, got -3 (see the section on inputs in the manual of the data set)",
  "",
].join("\n");
const CUDA_OOM = [
  "step 100",
  "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB",
  "",
].join("\n");

/** What happened to a task after it was queued. */
type Story = (task: Task) => Task;

const runs =
  (...all: readonly Run[]): Story =>
  (task) =>
    all.reduce(run, task);
const fails = (log: string, exitCode = 1): NonNullable<Run["ended"]> => ({
  after: 3,
  ending: exited(exitCode),
  log,
});

const asking =
  (resources: Task["spec"]["resources"]): Story =>
  (task) => ({ ...task, spec: { ...task.spec, resources } });

/** One task of each kind: its document, as a user writes it, and what happened to it. */
const STORIES: readonly (readonly [document: Readonly<Record<string, unknown>>, story: Story])[] = [
  [
    { name: "prepare", run: "make data" },
    runs({ at: 118, ended: { after: 6.5, ending: exited(0), log: "done\n" } }),
  ],
  [{ name: "eval", run: "python eval.py", retries: 0 }, runs({ at: 110, ended: fails(TRACEBACK) })],
  [
    { name: "big-batch", command: ["python", "train.py", "--batch", "512"], gpus: 1, retries: 1 },
    runs(
      { at: 108, devices: ["GPU-0"], ended: fails(CUDA_OOM) },
      { at: 104, devices: ["GPU-1"], ended: fails(CUDA_OOM) },
    ),
  ],
  [
    { name: "crawl", run: "./crawl.sh", timeout: "10m", retries: 0 },
    runs({ at: 100, ended: { after: 10, ending: killedBy("SIGTERM"), stop: "Timeout" } }),
  ],
  [
    { name: "merge", run: "./merge.sh", memory: "4GB", retries: 0 },
    runs({
      at: 95,
      ended: { after: 4, ending: killedBy("SIGKILL"), oomKilled: true, peakMemoryBytes: 4 * GIB },
    }),
  ],
  [
    { name: "typo", command: ["pyhton", "train.py"], retries: 0 },
    (task) => {
      const ending = {
        type: "notStarted",
        code: "INVALID_SPEC",
        error:
          'Cannot start "pyhton": not found in PATH (/usr/bin:/bin), wanted an installed program or a path to one',
      } as const;
      const end = { ending, endedAtMs: NOW_MS - 90 * MINUTE_MS, stop: null, oomKilled: false };
      return finishAttempt(
        claimedAt(task, { at: 90 }),
        { ...end, logTail: "", logBytes: 0, logBytesCut: 0 },
        half,
      );
    },
  ],
  [
    { name: "vanished", run: "./long.sh", retry: { maxOrphans: 0 } },
    runs({ at: 88, ended: { after: 5, ending: LOST } }),
  ],
  [
    { name: "stopped", run: "sleep 1d" },
    runs({ at: 80, ended: { after: 2, ending: killedBy("SIGTERM"), stop: "User" } }),
  ],
  [
    {
      name: "train",
      command: ["python", "train.py"],
      gpus: 1,
      memory: "4GB",
      priority: 50,
      timeout: "6h",
      labels: { paper: "fig3" },
    },
    runs({ at: 45, devices: ["GPU-0"] }),
  ],
  [
    { name: "suspended", run: "./slow.sh" },
    (task) =>
      paused(run(task, { at: 40 }), { at: timestamp(NOW_MS - 10 * MINUTE_MS), awakeMs: 1_000, actor: "ada" }),
  ],
  [
    { name: "pull", container: { image: "docker.io/library/alpine:3.20" }, command: ["echo", "hi"] },
    (task) => preparingFor(claimedAt(task, { at: 1 }), "PullingImage"),
  ],
  [
    { name: "ending", run: "./server.sh" },
    (task) => stopRequested(run(task, { at: 30 }), aStop({ requestedAt: timestamp(NOW_MS - 5_000) })),
  ],
  [{ name: "in-lane", run: "./deploy.sh", slot: "deploy" }, runs({ at: 5 })],
  [{ name: "behind-in-lane", run: "./deploy.sh", slot: "deploy" }, (task) => task],
  [{ name: "held", run: "./later.sh", hold: true }, (task) => task],
  [{ name: "report", run: "./report.sh", after: "train" }, (task) => task],
  [{ name: "publish", run: "./publish.sh", after: "eval" }, (task) => task],
  [{ name: "tonight", run: "./night.sh", at: timestamp(NOW_MS + 7 * 60 * MINUTE_MS) }, (task) => task],
  [
    { name: "flaky", run: "curl -f https://example.org/data", retries: 5 },
    runs({
      at: 1,
      ended: { after: 0.99, ending: exited(6), log: "curl: (6) Could not resolve host: example.org\n" },
    }),
  ],
  [{ name: "elsewhere", run: "./x.sh", runnerSelector: { pool: "night" } }, (task) => task],
  [{ name: "large", run: "./large.sh", memory: "7GB" }, (task) => task],
  // Queued while the machine had them.
  [{ name: "six-gpus", run: "./huge.sh", gpus: 1 }, asking({ gpus: 6 })],
  [
    { name: "a-name-of-forty-five-letters-that-is-too-long", run: "./x.sh --with many --words here" },
    (task) => task,
  ],
  [
    {
      name: "grid",
      command: ["python", "grid.py", "${{ matrix.lr }}"],
      matrix: { lr: "1-8" },
      maxParallel: 1,
    },
    (task) => {
      const { index = 0 } = task.metadata.group ?? {};
      if (index <= 2)
        return run(task, { at: 70 - index, ended: { after: 2, ending: exited(0), log: "ok\n" } });
      if (index === 3) return run(task, { at: 60, ended: fails("IndexError: list index out of range\n", 1) });
      return index === 4 ? run(task, { at: 20 }) : task;
    },
  ],
];

/** A home with a task of each state, each wait and each main failure, and a supervisor with seven jobs, 16 CPUs and two GPUs. */
export async function fillQueue(stage: Stage): Promise<Layout> {
  const text = STORIES.map(([document]) => `---\n${JSON.stringify(document)}\n`).join("");
  writeFileSync(join(stage.folder, "tasks.yaml"), text);
  const layout = homeAt(stage.home);
  superviseBy(layout);
  const submitted = await stage.show(["submit", "tasks.yaml"], { nowMs: NOW_MS - 120 * MINUTE_MS });
  if (submitted.exit !== "done") throw new Error(submitted.err);
  const stories = new Map(STORIES.map(([{ name }, story]) => [name, story]));
  const tasks = allIds(layout).map((id) => {
    const read = readTask(layout, id);
    if (!read.ok) throw new Error(`${id} cannot be read`);
    const { group, name } = read.value.metadata;
    const story = stories.get(group?.name ?? name) ?? ((task: Task) => task);
    return story(read.value);
  });
  for (const folder of [layout.incoming, layout.place("pending")]) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
  }
  for (const task of tasks) writeTask(layout, task);
  for (const [name, lines] of Object.entries(SCHEDULES))
    writeFileSync(layout.scheduleFile(name), lines.join("\n"));
  return layout;
}

/** Schedules by their files: one of each kind, and one with a fault. */
const SCHEDULES: Readonly<Record<string, readonly string[]>> = {
  "nightly.yaml": ['cron: "30 1 * * *"', "timeZone: UTC", "task: {name: nightly, run: make night}"],
  "often.yaml": ["every: 6h", "task: {name: often, run: ./often.sh}"],
  "off.yaml": ["every: 1d", "paused: true", "task: {name: off, run: ./off.sh}"],
  "broken.yaml": ['cron: "61 1 * * *"', "task: {name: broken, run: ./x.sh}"],
};

/** What running jobs have written last. */
const BARS: Readonly<Record<string, string>> = {
  train: "loading\n\repoch 3:  84%|████████▍ | 84/100 [00:35<00:07,  2.35it/s, loss=0.23]",
  "grid-4": "Epoch 1/10\n",
};

/** When all jobs wrote their last line. */
const LAST_OUTPUT_MS = NOW_MS - 20 * MINUTE_MS;

function writeTask(layout: Layout, task: Task): void {
  const { id } = task.metadata;
  writeFileSync(layout.record(directoryOf(task.status.state), id), recordText(task), { mode: 0o600 });
  for (const attempt of task.status.attempts) {
    if (attempt.startedAt === undefined) continue;
    const log = "logTail" in attempt ? (attempt.logTail ?? "") : (BARS[task.metadata.name] ?? "");
    mkdirSync(layout.attempt(id, attempt.number), { recursive: true });
    const path = join(layout.attempt(id, attempt.number), "output.log");
    writeFileSync(path, log);
    utimesSync(path, LAST_OUTPUT_MS / 1_000, LAST_OUTPUT_MS / 1_000);
  }
}

/** The lock of a supervisor; its process is this one. */
function superviseBy(layout: Layout): void {
  const capacity = { jobs: 7, cpus: 16, memoryBytes: 8 * GIB };
  const offered = { capacity, labels: { pool: "day" }, controllers: ["cpu", "memory", "pids"] };
  const owner = thisProcess("up", { nowMs: NOW_MS - 180 * MINUTE_MS, offered });
  mkdirSync(dirname(ownerFile(layout)), { recursive: true });
  writeFileSync(ownerFile(layout), JSON.stringify(owner));
  utimesSync(lockFolder(layout), NOW_MS / 1_000, NOW_MS / 1_000);
  const held = { freeBytes: 60 * GIB, utilization: 97, temperatureCelsius: 61 };
  const token = "token-9-1";
  const devices = [
    aDevice(0, { ...held, held: [{ token, bytes: 20 * GIB }] }),
    aDevice(1, {
      freeBytes: 79.5 * GIB,
      utilization: 0,
      temperatureCelsius: 38,
      foreign: [{ pid: 999, bytes: GIB / 2 }],
    }),
  ];
  const written = writeInventory(layout, { at: timestamp(NOW_MS - 5_000), devices, problem: null });
  if (!written.ok) throw new Error(written.error.message);
}
