import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, Stint, until } from "../rig/stint.ts";

const JOBS = 12;
const GPUS = ["SIM-0", "SIM-1", "SIM-2", "SIM-3"];

const CPU_TASKS = 200;
/** The others wait for a file: however slow this process is to look, there is a queue to be explained. */
const FREE_CPU_TASKS = 60;
const SINGLE_GPU_TASKS = 30;

/** Tasks of one GPU that were there before those of four, and come before them whatever happens. */
const SINGLES_BEFORE = 10;

/** Ten tasks of one GPU, the two that want all four, then the rest. */
function batch(): string {
  const single = "name: single\ngpus: 1\nrun: sleep 0.4\n";
  const four = "name: four\ngpus: 4\nrun: sleep 0.2\n";
  const cpu = "name: cpu\ngpus: 0\nrun: sleep 0.05\n";
  const gated = "name: cpu\ngpus: 0\nrun: until test -e $HOME/go; do sleep 0.1; done\n";
  const many = (text: string, count: number): string[] => Array.from({ length: count }, () => text);
  return [
    ...many(single, SINGLES_BEFORE),
    ...many(four, 2),
    ...many(single, SINGLE_GPU_TASKS - SINGLES_BEFORE),
    ...many(cpu, FREE_CPU_TASKS),
    ...many(gated, CPU_TASKS - FREE_CPU_TASKS),
  ].join("---\n");
}

interface AuditEntry {
  readonly at: string;
  readonly event: string;
  readonly task?: string;
}

/** The claims and ends of tasks, in the order in which they came to be on record. */
function auditOf(stint: Stint): AuditEntry[] {
  const lines = readFileSync(join(stint.home, "audit.ndjson"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as AuditEntry);
}

const attemptOf = (record: RecordView): { devices?: string[] } =>
  (record.status.attempts[0] ?? {}) as { devices?: string[] };

/** The most jobs at a time, and every moment at which a device was given out while another job had it. */
function replay(stint: Stint): { most: number; doubled: string[] } {
  const records = new Map(stint.records().map((record) => [record.metadata.id, record]));
  const running = new Set<string>();
  const holders = new Map<string, string>();
  const doubled: string[] = [];
  let most = 0;
  for (const { event, task } of auditOf(stint)) {
    const record = task === undefined ? undefined : records.get(task);
    if (task === undefined || record === undefined) continue;
    const { devices = [] } = attemptOf(record);
    if (event === "task_preparing") {
      running.add(task);
      most = Math.max(most, running.size);
      for (const id of devices) {
        if (holders.has(id)) doubled.push(`${id}: ${holders.get(id)} and ${task}`);
        holders.set(id, task);
      }
    } else if (event === "task_completed") {
      running.delete(task);
      for (const id of devices) holders.delete(id);
    }
  }
  return { most, doubled };
}

const isActive = (state: string): boolean => ["preparing", "running"].includes(state);

interface Explained {
  readonly id: string;
  readonly state: string;
  readonly wait: { readonly type: string; readonly short?: readonly Shortage[] } | null;
}
interface Shortage {
  readonly resource: string;
  readonly demand?: { readonly gpus: number };
  readonly rooms?: readonly {
    device: { id: string };
    holdings: { holder: string }[];
    keptFor: string | null;
  }[];
}

/** What is wrong with the reasons that `explain` gives, while the supervisor stands still. */
async function untrueReasons(stint: Stint): Promise<string[]> {
  const ran = await stint.run(["explain", "--json", `1-${CPU_TASKS + SINGLE_GPU_TASKS + 2}`]);
  const explained = JSON.parse(ran.out) as Explained[];
  // One that has ended may stand in running/ for a moment still.
  const active = stint.records().filter(({ status }) => isActive(status.state));
  // Only the supervisor, which stands still, is in the way of the next ones.
  const next = new Set(explained.filter(({ wait }) => wait?.type === "silent").map(({ id }) => id));
  const waiting = explained.filter(({ state }) => state === "queued");
  expect(waiting.length).toBeGreaterThan(20);
  return waiting.flatMap(({ id, wait }) => {
    if (wait?.type === "silent") return active.length < JOBS ? [] : [`${id} is said to be next`];
    if (wait?.type !== "room") return [`${id} waits for ${wait?.type}`];
    const found = wait.short?.map((short) => untruth(short, { active, next })) ?? ["nothing"];
    return found.filter((one) => one !== null).map((one) => `${id}: ${one}`);
  });
}

function untruth(
  short: Shortage,
  { active, next }: { active: readonly RecordView[]; next: ReadonlySet<string> },
): string | null {
  if (short.resource === "jobs" || short.resource === "cpus")
    return active.length + next.size >= JOBS ? null : `${active.length} of ${JOBS} run`;
  let free = 0;
  for (const { device, holdings, keptFor } of short.rooms ?? []) {
    const has = active.filter((record) => attemptOf(record).devices?.includes(device.id));
    const named = holdings.map(({ holder }) => holder).filter((holder) => !next.has(holder));
    const ids = has.map(({ metadata }) => metadata.id);
    if (named.join(" ") !== ids.join(" "))
      return `${device.id} is held by ${ids.join(" ")}, not ${named.join(" ")}`;
    if (holdings.length === 0 && keptFor === null) free += 1;
  }
  return free < (short.demand?.gpus ?? 0) ? null : `${free} devices are free`;
}

test("200 CPU tasks, 30 tasks of one GPU and 2 of four share a machine: no device is assigned twice, no task overtakes the large ones, and explain gives the true reason of each wait", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home, { mode: 0o700 });
  const gpus = `gpus: {simulate: [{name: A100, memory: 80GB, count: ${GPUS.length}}]}`;
  writeFileSync(join(stint.home, "config.yaml"), `${gpus}\nscheduling: {backfill: 0s}\n`);
  expect((await stint.run(["submit", "--quiet", "-"], { input: batch() })).code).toBe(0);
  const supervisor = await stint.up("--jobs", String(JOBS));
  for (const ended of [5, 60]) {
    await until("some have ended", () => stint.files("done").length >= ended);
    await stopBetweenTurns(stint, supervisor);
    try {
      expect(await untrueReasons(stint)).toEqual([]);
    } finally {
      supervisor.kill("SIGCONT");
    }
  }
  writeFileSync(join(stint.root, "go"), "");
  const total = CPU_TASKS + SINGLE_GPU_TASKS + 2;
  await until("all has ended", () => stint.files("done").length === total);
  await stint.ok("down");
  const { most, doubled } = replay(stint);
  expect(doubled).toEqual([]);
  expect(most).toBeGreaterThan(GPUS.length);
  expect(most).toBeLessThanOrEqual(JOBS);
  checkBound(stint);
}, 300_000);

/** Stops a supervisor at a moment at which it is not just writing what it decided: all in running/ runs then. */
async function stopBetweenTurns(stint: Stint, supervisor: Bun.Subprocess): Promise<void> {
  const isStill = (): boolean => {
    supervisor.kill("SIGSTOP");
    while (!/\) T /.test(readFileSync(`/proc/${supervisor.pid}/stat`, "utf8"))) Bun.sleepSync(1);
    const isWriting = stint.files("tmp").length > 0;
    const isMoving = stint
      .records()
      .some(({ place, status }) => place === "running" && !isActive(status.state));
    if (isWriting || isMoving) supervisor.kill("SIGCONT");
    return !isWriting && !isMoving;
  };
  await until("it stands still between two turns", isStill);
}

/** Where nothing may pass for any time, nothing of one GPU comes before those of four but what was there before them. */
function checkBound(stint: Stint): void {
  const claims = auditOf(stint).filter(({ event }) => event === "task_preparing");
  const timesOf = (name: string, after = 0): number[] =>
    claims
      .filter(({ task }) => task?.endsWith(`-${name}`) === true && Number.parseInt(task, 10) > after)
      .map(({ at }) => Date.parse(at));
  const [first = 0, second = 0] = timesOf("four");
  const behind = timesOf("single", SINGLES_BEFORE);
  expect(behind).toHaveLength(SINGLE_GPU_TASKS - SINGLES_BEFORE);
  expect(behind.filter((at) => at < second)).toEqual([]);
  expect(first).toBeLessThanOrEqual(second);
}
