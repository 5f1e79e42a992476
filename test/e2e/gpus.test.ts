import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeNvidia, GPU_A, GPU_B } from "../rig/fake-nvidia.ts";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

function settle(stint: Stint, settings: string): void {
  writeFileSync(join(stint.home, "config.yaml"), settings);
}

test("gpus shows devices, their use and foreign processes, and doctor finds no fault", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia();
  fake.lists({ gpu: GPU_A, pid: 4_194_305, mebibytes: 512 });
  const env = fake.envOfMachine;
  const { code, out, err } = await stint.run(["gpus"], { env });
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(
    [
      "GPU  NAME                     MEMORY           USE   TEMP   ID",
      `0    NVIDIA A100-SXM4-80GB    1 GiB of 80 GiB  35 %  61 °C  ${GPU_A}`,
      "     pid 4194305 outside stint uses 512 MiB",
      `1    NVIDIA GeForce RTX 3090  0 B of 24 GiB    0 %   40 °C  ${GPU_B}`,
      "",
    ].join("\n"),
  );
  const doctor = await stint.run(["doctor"], { env });
  expect(doctor.out).toContain(`ok   GPU 0 is NVIDIA A100-SXM4-80GB, 80 GiB (${GPU_A})\n`);
});

test("gpus says where it looked on a machine without GPUs", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia("missing");
  const none = "no GPU found: looked for nvidia-smi, rocm-smi, /dev/kfd";
  expect(await stint.run(["gpus"], { env: fake.env })).toEqual({ code: 0, out: `${none}\n`, err: "" });
  const hidden = await stint.run(["gpus"], { env: { ...fake.env, CUDA_VISIBLE_DEVICES: "" } });
  expect(hidden.out).toBe(`${none} (CUDA_VISIBLE_DEVICES="")\n`);
  const doctor = await stint.run(["doctor"], { env: fake.env });
  expect(doctor.out).toContain(`ok   ${none}\n`);
  const { out } = await stint.run(["gpus", "--json"], { env: fake.env });
  expect(JSON.parse(out)).toMatchObject({ devices: [], problem: null });
});

test("gpus shows the devices that config.yaml selects or simulates", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia();
  await stint.ok("submit", "--hold", "--", "true");
  settle(stint, `gpus: {allow: [A100], exclude: [${GPU_A}]}`);
  expect((await stint.run(["gpus"], { env: fake.env })).out).toContain(
    `(gpus.allow in config.yaml is [A100], gpus.exclude in config.yaml is [${GPU_A}])`,
  );
  settle(stint, "gpus: {simulate: {name: H100, memory: 80GiB, foreign: 8GiB}}");
  expect((await stint.run(["gpus"], { env: fake.env })).out).toBe(
    [
      "GPU  NAME  MEMORY           USE  TEMP  ID",
      "0    H100  8 GiB of 80 GiB  -    -     SIM-0",
      "     a process outside stint uses 8 GiB",
      "",
    ].join("\n"),
  );
  settle(stint, "gpus: {allow: 1, simulat: 2}");
  const faulty = await stint.run(["gpus"], { env: fake.env });
  expect([faulty.code, faulty.err]).toEqual([6, expect.stringContaining("did you mean simulate?")]);
});

test("gpus shows a failed GPU beside the others", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia("failed");
  const { code, out } = await stint.run(["gpus"], { env: fake.env });
  expect(code).toBe(0);
  expect(out).toContain("     unusable: nvidia-smi cannot reach it: GPU is lost.");
  const doctor = await stint.run(["doctor"], { env: fake.envOfMachine });
  expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining("FAIL GPU 0, GPU at 0000:41:00.0")]);
});

test("a GPU tool that hangs delays gpus and doctor by no more than its time limit, and both say so", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia("hang");
  // By itself it would be at it for ten minutes.
  const gpus = await stint.run(["gpus"], { env: fake.env });
  expect(gpus).toEqual({
    code: 1,
    out: "",
    err: "GPUs cannot be read: nvidia-smi did not answer within 2 s (more: stint doctor)\n",
  });
  const doctor = await stint.run(["doctor"], { env: fake.envOfMachine });
  expect([doctor.code, doctor.out]).toEqual([
    1,
    expect.stringMatching(/FAIL GPUs cannot be read: nvidia-smi did not answer within 2 s\n {5}run the tool/),
  ]);
});

test("a GPU tool that hangs does not keep a supervisor from starting jobs, nor from ending", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia("hang");
  const tool = join(fake.folder, "pid");
  // Succeeds where the tool still hangs while the job runs.
  const script = `until test -s ${tool}; do sleep 0.02; done; kill -0 $(cat ${tool})`;
  await stint.ok("submit", "--", "sh", "-c", script);
  const drained = await stint.run(["drain"], { env: fake.envOfMachine });
  expect([drained.code, stint.record(1).status.state]).toEqual([0, "completed"]);
  const pid = Number(readFileSync(tool, "utf8"));
  await until("the tool is gone", () => !isAlive(pid));
});

test("gpus uses the fresh inventory of a supervisor, and names the tasks on a device", async () => {
  await using stint = new Stint();
  using fake = new FakeNvidia();
  await stint.ok("submit", "--", "sleep", "60");
  const up = stint.start(["up"], { env: fake.envOfMachine });
  await stint.reach(1, "running");
  const token = stint.record(1).status.attempts[0]?.token ?? "";
  await until("the job runs", () => markedProcesses(token).length > 0);
  await until("the supervisor looked", () => stint.files(".").includes("inventory.json"));
  const calls = fake.calls.length;
  expect((await stint.run(["gpus"], { env: fake.env })).out).toContain(GPU_B);
  expect(fake.calls).toHaveLength(calls);
  up.kill("SIGTERM");
  await up.exited;
  // No supervisor refreshes it now.
  writeFileSync(join(stint.home, "inventory.json"), "{}");
  fake.lists({ gpu: GPU_B, pid: markedProcesses(token)[0] ?? 0, mebibytes: 512 });
  const { out } = await stint.run(["gpus"], { env: fake.env });
  expect(out).toEndWith(`${GPU_B}\n     000001-sleep-60 uses 512 MiB without an assignment\n`);
  expect(fake.calls.length).toBeGreaterThan(calls);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
