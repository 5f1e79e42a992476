import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leaderOf, markedProcesses, Stint, until } from "../rig/stint.ts";

test("a task that fails with an exit code goes to dead-letter/ after one attempt", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "sh", "-c", "exit 3");
  expect((await stint.run(["drain"])).code).toBe(1);
  const { place, status } = stint.record(1);
  expect(place).toBe("dead-letter");
  expect(status.attempts).toHaveLength(1);
  expect(status.attempts[0]).toMatchObject({
    exitCode: 3,
    signal: null,
    failure: { class: "code", code: "EXIT_NONZERO" },
  });
});

test("explicit retries are used up with growing, jittered delays, which are on record", async () => {
  await using stint = new Stint();
  const yaml = "run: exit 3\nretries: 2\nbackoff: { first: 100ms, max: 1s }\n";
  expect((await stint.run(["submit", "-"], { input: yaml })).code).toBe(0);
  expect((await stint.run(["drain"])).code).toBe(1);
  const { status } = stint.record(1);
  expect(status.attempts.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
  expect(status.attempts.map(({ retry }) => retry?.baseMs)).toEqual([100, 200, undefined]);
  for (const { retry } of status.attempts.slice(0, 2)) {
    expect(retry?.delayMs).toBeGreaterThanOrEqual(1);
    expect(retry?.delayMs).toBeLessThanOrEqual(retry?.baseMs ?? 0);
  }
  expect(status.reason).toBe("Exhausted");
});

/** A job whose wait before the next attempt is no matter of luck: the queue is seen in it. */
async function submitKilled(stint: Stint, run: string): Promise<void> {
  const retry = "retry: {perClass: {KILLED: {backoff: {first: 1h, max: 1h, jitter: none}}}}";
  expect((await stint.run(["submit", "-"], { input: `run: ${run}\n${retry}\n` })).code).toBe(0);
}

test("a job that was killed from outside counts as a failure of infrastructure and is retried", async () => {
  await using stint = new Stint();
  await stint.up();
  await submitKilled(stint, `echo $$ > ${stint.root}/pid; exec sleep 60`);
  const running = await stint.reach(1, "running");
  const [attempt] = running.status.attempts;
  // The file is there before its content is, and to kill(2) a pid of 0 is the group of this test.
  await until("the job has said its pid", () => /^[1-9]\d*\n$/.test(stint.textOf("pid")));
  process.kill(Number(stint.textOf("pid")), "SIGKILL");
  const queued = await stint.reach(1, "queued");
  expect(queued.status.reason).toBe("Backoff");
  expect(queued.status.attempts[0]).toMatchObject({
    signal: "SIGKILL",
    exitCode: null,
    failure: { class: "infrastructure", code: "KILLED" },
  });
  expect(markedProcesses(attempt?.token ?? "")).toEqual([]);
});

test("a job whose recording parent dies is ended and retried", async () => {
  await using stint = new Stint();
  await stint.up();
  await submitKilled(stint, "sleep 60");
  const running = await stint.reach(1, "running");
  const [attempt] = running.status.attempts;
  process.kill(leaderOf(running), "SIGKILL");
  const queued = await stint.reach(1, "queued");
  expect(queued.status.attempts[0]).toMatchObject({ signal: "SIGKILL", failure: { code: "KILLED" } });
  expect(markedProcesses(attempt?.token ?? "")).toEqual([]);
});

test("a CUDA out-of-memory error is GPU_OOM", async () => {
  await using stint = new Stint();
  const says =
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.15 GiB";
  const script = `import sys\nprint("Traceback (most recent call last):", file=sys.stderr)\nprint(${JSON.stringify(says)}, file=sys.stderr)\nsys.exit(1)\n`;
  await stint.run(["submit", "-"], {
    input: `runtime: python\nscript: |\n${script.replaceAll(/^/gm, "  ")}\n`,
  });
  await stint.up();
  const { status } = await stint.reach(1, "queued").then(async () => {
    await until("the first attempt has failed", () => stint.record(1).status.attempts[0]?.state === "failed");
    return stint.record(1);
  });
  expect(status.attempts[0]?.failure).toMatchObject({ class: "resource", code: "GPU_OOM" });
});

test("run mirrors a signal as 128 + n, and wait does so too", async () => {
  await using stint = new Stint();
  const ran = await stint.run(["run", "--retries", "0", "--", "sh", "-c", "kill -9 $$"]);
  expect(ran.code).toBe(137);
  expect(stint.record(1).status).toMatchObject({ signal: "SIGKILL", exitCode: null });
  expect((await stint.run(["wait", "1"])).code).toBe(137);
});

test("run ends with the job's exit code", async () => {
  await using stint = new Stint();
  expect((await stint.run(["run", "--", "sh", "-c", "exit 7"])).code).toBe(7);
  expect((await stint.run(["run", "--", "true"])).code).toBe(0);
});

test("run and wait end like a shell where the program does not exist, or is not executable", async () => {
  await using stint = new Stint();
  for (const [name, mode] of [
    ["plain", 0o644],
    ["windows", 0o755],
    ["no-interpreter", 0o755],
  ] as const)
    writeFileSync(join(stint.root, name), name === "windows" ? "#!/bin/sh\r\n" : "#!/usr/bin/not-there\n", {
      mode,
    });
  for (const [program, code] of [
    ["no-such-program-anywhere", 127],
    ["./no-such-program", 127],
    ["./plain", 126],
    ["./windows", 126],
    ["./no-interpreter", 126],
    ["/usr/bin", 126],
  ] as const)
    expect([program, (await stint.run(["run", "--", program])).code]).toEqual([program, code]);
  expect((await stint.run(["wait", "1"])).code).toBe(127);
});

test("a timeout ends the whole job, even grandchildren that ignore TERM", async () => {
  await using stint = new Stint();
  const script =
    "trap '' TERM; (trap '' TERM; sleep 300) & setsid sh -c \"trap '' TERM; sleep 300\" & echo ready; sleep 300";
  await stint.run(["submit", "-"], { input: `script: |\n  ${script}\ntimeout: 500ms\nstopGrace: 500ms\n` });
  expect((await stint.run(["drain"])).code).toBe(1);
  const { status } = stint.record(1);
  expect(status).toMatchObject({ state: "failed", reason: "Timeout" });
  expect(status.attempts[0]).toMatchObject({
    state: "timeout",
    failure: { class: "resource", code: "TIMEOUT" },
  });
  expect(markedProcesses(status.attempts[0]?.token ?? "")).toEqual([]);
});

test("a command that does not exist is distinguished from one that fails", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "no-such-program-anywhere");
  await stint.run(["drain"]);
  const { status } = stint.record(1);
  expect(status.reason).toBe("InvalidSpec");
  expect(status.attempts[0]?.failure?.error).toContain("no-such-program-anywhere");
});

test("a working directory that is gone is reported at once, and the task waits for it", async () => {
  await using stint = new Stint();
  const gone = join(stint.root, "gone");
  const submitted = await stint.run(["submit", "--retries", "0", "--cwd", gone, "--", "true"]);
  expect(submitted.code).toBe(0);
  expect(submitted.err).toContain(`Cannot enter "${gone}": does not exist`);
  await stint.up();
  const hasLooked = (): boolean => stint.record(1).status.attempts[0]?.state === "failed";
  await until("it was looked for", hasLooked);
  const { status } = await stint.reach(1, "queued");
  expect(status.reason).toBe("Backoff");
  expect(status.attempts[0]?.failure).toMatchObject({ code: "DATA_UNREACHABLE" });
  mkdirSync(gone);
  await stint.ok("retry", "1");
  await stint.reach(1, "completed");
});

test("a missing program is told once by a command that waits for the task, and at once by one that does not", async () => {
  await using stint = new Stint();
  const timesTold = async (...args: string[]): Promise<number> =>
    (await stint.run([...args, "--", "nosuch"])).err.split("not found in PATH").length - 1;
  expect(await timesTold("run")).toBe(1);
  expect(await timesTold("submit")).toBe(1);
  await stint.up();
  expect(await timesTold("submit", "--wait")).toBe(1);
});
