import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeNvidia, GPU_A, GPU_B } from "../rig/fake-nvidia.ts";
import { killMarked, Stint, until } from "../rig/stint.ts";

/** A home with settings. */
class GpuStint extends Stint {
  constructor(settings = "") {
    super();
    mkdirSync(this.home, { mode: 0o700 });
    writeFileSync(join(this.home, "config.yaml"), settings);
  }

  variables: Record<string, string> = {};

  override get env(): Record<string, string> {
    return { ...super.env, ...this.variables };
  }

  /** Queues a shell line, by name. */
  queue(name: string, script: string, ...flags: string[]): Promise<string> {
    return this.ok("submit", "--name", name, ...flags, "--", "sh", "-c", script);
  }

  lines(): string[] {
    return this.textOf("lines").split("\n").slice(0, -1);
  }

  letEnd(name: string): void {
    writeFileSync(join(this.root, `${name}-may-end`), "");
  }

  devicesOf(number: number, attempt = 1): readonly string[] | undefined {
    const found = this.record(number).status.attempts.find((one) => one.number === attempt);
    return (found as { devices?: readonly string[] } | undefined)?.devices;
  }
}

function simulated(...memories: string[]): string {
  const devices = memories.map((memory, index) => `{name: Model${index}, memory: ${memory}}`);
  return `jobs: 8\ngpus: {simulate: [${devices.join(", ")}]}\n`;
}

/** What a job sees, and until when it stays. */
const SEEN = 'echo "$STINT_TASK_NAME [$CUDA_VISIBLE_DEVICES]" >> $HOME/lines';
const STAY = "until test -e $HOME/$STINT_TASK_NAME-may-end; do sleep 0.02; done";

test.concurrent("a job sees the devices that are assigned to it, and a job without devices sees none", async () => {
  await using stint = new GpuStint(simulated("80GiB", "24GiB", "80GiB"));
  await stint.queue("small", SEEN, "--gpus", "1", "--gpu-model", "model1");
  await stint.queue("two", SEEN, "--gpus", "2", "--gpu-min-memory", "80GiB");
  await stint.queue("none", SEEN, "--gpus", "0");
  await stint.ok("drain", "--jobs", "1");
  expect(stint.lines().toSorted()).toEqual(["none []", "small [SIM-1]", "two [SIM-0,SIM-2]"]);
  expect(stint.devicesOf(2)).toEqual(["SIM-0", "SIM-2"]);
});

test.concurrent("two of many short jobs never have the same device", async () => {
  await using stint = new GpuStint(simulated("8GiB", "8GiB"));
  const job =
    'echo "begin $CUDA_VISIBLE_DEVICES" >> $HOME/lines; sleep 0.0$STINT_VALUE_N; echo "end $CUDA_VISIBLE_DEVICES" >> $HOME/lines';
  await stint.queue("job", job, "--gpus", "1", "--matrix", "n=1-6", "--matrix", "m=1-5");
  await stint.ok("drain", "--jobs", "8");
  const open = new Map<string, number>();
  let most = 0;
  for (const line of stint.lines()) {
    const [what, device = ""] = line.split(" ");
    open.set(device, (open.get(device) ?? 0) + (what === "begin" ? 1 : -1));
    most = Math.max(most, open.get(device) ?? 0);
  }
  expect([stint.lines().length, most, [...open.keys()].toSorted()]).toEqual([60, 1, ["SIM-0", "SIM-1"]]);
});

test.concurrent("shares fill at most the memory of a device, and explain lists them", async () => {
  await using stint = new GpuStint(simulated("10GiB"));
  for (const name of ["a", "b", "c"]) await stint.queue(name, STAY, "--vram", "4GiB");
  await stint.queue("d", STAY, "--gpus", "1");
  await stint.up();
  for (const number of [1, 2]) await stint.reach(number, "running");
  expect(await stint.ok("explain", "3")).toBe(
    [
      "000003-c is queued.",
      "Waiting for 1 GPU with 4 GiB free:",
      "  gpu 0 has 2 GiB free (used by 000001-a with 4 GiB, 000002-b with 4 GiB)",
      "It is next in the queue.",
    ].join("\n"),
  );
  expect(await stint.ok("ls")).toMatch(/3 +c +queued +- +\S+ +waits for a GPU\n/);
  stint.letEnd("a");
  await stint.reach(3, "running");
  stint.letEnd("b");
  await stint.reach(2, "completed");
  expect(stint.record(4).status.state).toBe("queued");
  stint.letEnd("c");
  await stint.reach(4, "running");
  stint.letEnd("d");
  await stint.reach(4, "completed");
});

test.concurrent("a foreign process on a device is respected and named until it has ended", async () => {
  await using stint = new GpuStint();
  using fake = new FakeNvidia();
  fake.lists(
    { gpu: GPU_A, pid: 4_194_305, mebibytes: 5_000 },
    { gpu: GPU_B, pid: 4_194_306, mebibytes: 4_000 },
  );
  stint.variables = fake.envOfMachine;
  await stint.up("--jobs", "4");
  await stint.queue("whole", SEEN, "--gpus", "1");
  await stint.queue("share", SEEN, "--vram", "20GiB");
  const shared = await stint.reach(2, "completed");
  expect(shared.status.attempts).toHaveLength(1);
  expect(await stint.ok("explain", "1")).toContain(
    [
      "Waiting for 1 GPU:",
      "  gpu 0 is used by a process outside stint, pid 4194305 (4.9 GiB)",
      "  gpu 1 is used by a process outside stint, pid 4194306 (3.9 GiB)",
    ].join("\n"),
  );
  fake.lists({ gpu: GPU_B, pid: 4_194_306, mebibytes: 4_000 });
  // The end of a job with devices makes the supervisor look.
  await stint.queue("look", SEEN, "--vram", "1GiB");
  await stint.reach(1, "completed");
  expect(stint.devicesOf(1)).toEqual([GPU_A]);
});

test.concurrent("a job that outlived its supervisor keeps its device", async () => {
  await using stint = new GpuStint(simulated("8GiB"));
  const first = await stint.up();
  await stint.queue("a", STAY, "--gpus", "1");
  await stint.reach(1, "running");
  first.kill("SIGKILL");
  await first.exited;
  await stint.queue("b", SEEN, "--gpus", "1");
  await stint.up();
  await stint.ok("submit", "--gpus", "0", "--wait", "--", "true");
  expect(stint.lines()).toEqual([]);
  expect(await stint.ok("explain", "2")).toContain("gpu 0 is used by 000001-a");
  stint.letEnd("a");
  await stint.reach(2, "completed");
  expect(stint.record(1).status.attempts).toHaveLength(1);
});

test.concurrent("a job that ran out of GPU memory is retried once, alone and on the larger device", async () => {
  await using stint = new GpuStint(simulated("24GiB", "80GiB"));
  const script = `${SEEN}; test $STINT_ATTEMPT -ge 2 || { echo "torch.OutOfMemoryError: CUDA out of memory."; exit 1; }`;
  const quick = "perClass: {GPU_OOM: {backoff: {first: 300ms, max: 300ms, jitter: none}}}";
  const yaml = `name: oom\nvram: 2GiB\nretry: {${quick}}\nrun: |\n  ${script}\n`;
  const submitted = await stint.run(["submit", "-"], { input: yaml });
  expect(submitted.err).toBe("");
  await stint.ok("drain");
  const record = stint.record(1);
  expect(record.status.attempts[0]?.failure?.code).toBe("GPU_OOM");
  expect(stint.lines()).toEqual(["oom [SIM-0]", "oom [SIM-1]"]);
});

test.concurrent("a job whose device failed gets another device", async () => {
  await using stint = new GpuStint(simulated("24GiB", "80GiB"));
  const script = `${SEEN}; test $STINT_ATTEMPT -ge 2 || { echo "CUDA error: uncorrectable ECC error encountered"; exit 1; }`;
  const quick = "perClass: {GPU_FAULT: {backoff: {first: 300ms, max: 300ms, jitter: none}}}";
  await stint.run(["submit", "-"], {
    input: `name: fault\ngpus: 1\nretry: {${quick}}\nrun: |\n  ${script}\n`,
  });
  await stint.ok("drain");
  expect(stint.record(1).status.attempts[0]?.failure?.code).toBe("GPU_FAULT");
  expect(stint.lines()).toEqual(["fault [SIM-0]", "fault [SIM-1]"]);
});

test.concurrent("submit and set refuse what can never fit, with the reason", async () => {
  await using stint = new GpuStint(simulated("24GiB", "24GiB"));
  const refused = async (...flags: string[]): Promise<string> => {
    const { code, err } = await stint.run(["submit", "--name", "x", ...flags, "--", "true"]);
    expect(code).toBe(7);
    return err;
  };
  expect(await refused("--gpus", "3")).toContain(
    "asks for 3 GPUs, this machine has 2, so it could never start",
  );
  expect(await refused("--vram", "30GiB")).toContain(
    "gpu 0 has too little memory; gpu 1 has too little memory",
  );
  expect(await refused("--gpu-model", "H100")).toContain("gpu 0 is a Model0");
  await stint.ok("submit", "--hold", "--gpus", "1", "--", "true");
  await stint.up();
  const set = await stint.run(["set", "1", "gpus=3"]);
  expect([set.code, set.err]).toEqual([7, expect.stringContaining("asks for 3 GPUs, this machine has 2")]);
  await stint.ok("set", "1", "gpus=2");
});

test.concurrent("explain says that a task no longer fits, and a crash leaves no share of a device", async () => {
  await using stint = new GpuStint();
  using fake = new FakeNvidia();
  stint.variables = fake.envOfMachine;
  await stint.queue("a", SEEN, "--gpus", "2");
  const shares = (): string[] => stint.files("../runtime/stint/devices");
  await stint.run(["drain"], { env: { STINT_FAILPOINT: "start:claimed" } });
  expect(shares()).toHaveLength(1);
  writeFileSync(join(stint.home, "config.yaml"), `gpus: {allow: [${GPU_A}]}\n`);
  expect(await stint.ok("drain")).toBe("000001-a left: asks for 2 GPUs, this machine has 1");
  expect(shares()).toEqual([]);
  rmSync(join(stint.home, "inventory.json"));
  await stint.up();
  await until("it looked", () => stint.files(".").includes("inventory.json"));
  expect(await stint.ok("explain", "1")).toContain(
    "It asks for 2 GPUs, this machine has 1.\nIt cannot start on this machine. Ask for less: stint set 1 KEY=VALUE   or cancel it: stint cancel 1",
  );
});

test.concurrent("two homes of one user never give one device to two jobs, and explain names the other", async () => {
  const settings = `jobs: 8\ngpus: {allow: [${GPU_A}]}\n`;
  await using stint = new GpuStint(settings);
  await using other = new GpuStint(settings);
  using fake = new FakeNvidia();
  stint.variables = fake.envOfMachine;
  other.variables = { ...stint.variables, XDG_RUNTIME_DIR: join(stint.root, "runtime"), HOME: stint.root };
  const job = "echo begin >> $HOME/lines; sleep 0.02; echo end >> $HOME/lines";
  for (const home of [stint, other]) await home.queue("job", job, "--gpus", "1", "--array", "1-3");
  await Promise.all([stint.ok("drain", "--jobs", "4"), other.ok("drain", "--jobs", "4")]);
  expect(stint.lines()).toEqual(Array.from({ length: 6 }, () => ["begin", "end"]).flat());
  await stint.up();
  const up = await other.up();
  await other.queue("long", "sleep 60", "--gpus", "1");
  const { status } = await other.reach(4, "running");
  await stint.queue("late", "true", "--gpus", "1");
  expect(await stint.ok("explain", "4")).toContain(`gpu 0 is used by 000004-long of ${other.home}`);
  expect(await stint.ok("gpus")).toContain(`000004-long of ${other.home} has all of it`);
  // Without its supervisor the job still has the device; when the job is gone too, the device is free.
  up.kill("SIGKILL");
  await up.exited;
  expect(await stint.ok("explain", "4")).toContain(`gpu 0 is used by 000004-long of ${other.home}`);
  await killMarked(status.attempts.map(({ token }) => token));
  await stint.reach(4, "completed");
  await until("no share is left", () => stint.files("../runtime/stint/devices").length === 0);
});

test.concurrent("simulated GPUs belong to one home alone", async () => {
  await using stint = new GpuStint(simulated("8GiB"));
  await using other = new GpuStint(simulated("8GiB"));
  other.variables = { XDG_RUNTIME_DIR: join(stint.root, "runtime") };
  for (const home of [stint, other]) {
    await home.up();
    await home.queue("long", "sleep 60", "--gpus", "1");
  }
  for (const home of [stint, other]) await home.reach(1, "running");
  await stint.queue("late", "true", "--gpus", "1");
  expect(await stint.ok("explain", "2")).toContain("gpu 0 is used by 000001-long\n");
  for (const verb of ["explain 2", "gpus"])
    expect(await stint.ok(...verb.split(" "))).not.toContain(other.home);
});

test.concurrent("a GPU tool that hangs delays no job without GPUs, and explain says what is wrong", async () => {
  await using stint = new GpuStint();
  using fake = new FakeNvidia("hang");
  stint.variables = fake.envOfMachine;
  await stint.up();
  await stint.queue("gpu", "true", "--gpus", "1");
  for (const name of ["a", "b", "c"]) await stint.queue(name, SEEN);
  for (const number of [2, 3, 4]) await stint.reach(number, "completed");
  // It cannot be known yet whether there are any: the jobs see none.
  expect(stint.lines().toSorted()).toEqual(["a []", "b []", "c []"]);
  expect(await stint.ok("explain", "1")).toContain(
    "Waiting for 1 GPU: the supervisor has not read the GPUs yet (see stint doctor).",
  );
  fake.is("normal");
  await until("it was not lost", () => stint.record(1).status.state === "queued");
});
