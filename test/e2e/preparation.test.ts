import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markedProcesses, type RecordView, Stint, until } from "../rig/stint.ts";

/** Takes long enough to be met at work, and costs no disk. */
const LARGE = 1_000_000_000;
/** Takes longer than any test. */
const ENDLESS = 1_000 * LARGE;

async function withData(stint: Stint, yaml: string, bytes = LARGE): Promise<void> {
  writeFileSync(join(stint.root, "data.bin"), "");
  truncateSync(join(stint.root, "data.bin"), bytes);
  const { code, err } = await stint.run(["submit", "-"], {
    input: `name: a\ndatasets: {big: data.bin}\n${yaml}\n`,
  });
  if (code !== 0) throw new Error(err);
}

function attemptOf({ status }: RecordView) {
  const last = status.attempts.at(-1);
  if (last === undefined) throw new Error("no attempt is on record");
  return last;
}

/** The process that prepares the last attempt of task 1, once it is at work: stopped, so that it stays at work. */
async function heldPreparation(stint: Stint): Promise<number> {
  await until("it is being prepared", () => reportOf(stint).includes('"fraction"'), {
    describe: () => reportOf(stint),
  });
  const token = attemptOf(stint.record(1)).token;
  const pid = markedProcesses(token).find((one) => wordsOf(one)[1] === "prepare");
  if (pid === undefined) throw new Error(`it was over before it could be stopped: ${reportOf(stint)}`);
  process.kill(pid, "SIGSTOP");
  return pid;
}

function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function reportOf(stint: Stint): string {
  try {
    return readFileSync(join(stint.home, "runs", "000001-a", "1", "preparation.json"), "utf8");
  } catch {
    return "";
  }
}

test("data is verified before the program runs: shown with its progress, and the timeout counts from the program's start", async () => {
  await using stint = new Stint();
  await withData(stint, "run: echo $STINT_DATASET_BIG\ntimeout: 1s");
  await stint.up();
  const pid = await heldPreparation(stint);
  await until("it says why it has not started", () => stint.record(1).status.reason === "VerifyingData");
  expect(await stint.ok("ls")).toMatch(/preparing .* verifying big/);
  expect(await stint.ok("show", "1")).toMatch(/attempt 1: verifying big( \d+ %)? since/);
  expect(await stint.ok("explain", "1")).toContain("is preparing (verifying big");
  // Longer than its timeout.
  await Bun.sleep(1_100);
  process.kill(pid, "SIGCONT");
  const done = await stint.reach(1, "completed");
  expect(attemptOf(done)).toMatchObject({ state: "completed" });
  expect(await stint.ok("logs", "1")).toBe(join(stint.root, "data.bin"));
});

test("a job that is cancelled while it is prepared ends as cancelled, without its program and without a process", async () => {
  await using stint = new Stint();
  await withData(stint, "run: touch ran\nstopGrace: 1s", ENDLESS);
  await stint.up();
  await heldPreparation(stint);
  await stint.ok("cancel", "1");
  const attempt = attemptOf(await stint.reach(1, "cancelled"));
  expect(attempt).toMatchObject({ state: "cancelled", durationMs: 0 });
  expect(attempt).not.toHaveProperty("startedAt");
  expect(markedProcesses(attempt.token)).toEqual([]);
  expect(stint.textOf("ran")).toBe("");
});

test("a preparation outlives its supervisor: the next one adopts it, and the program runs once", async () => {
  await using stint = new Stint();
  await withData(stint, "run: echo run >> ran");
  await stint.up();
  const pid = await heldPreparation(stint);
  await stint.killSupervisors();
  await stint.up();
  process.kill(pid, "SIGCONT");
  await stint.reach(1, "completed");
  expect(stint.textOf("ran")).toBe("run\n");
  expect(stint.record(1).status.attempts).toHaveLength(1);
});

test("a refusal without a supervisor is on record once there is one", async () => {
  await using stint = new Stint();
  await withData(stint, "run: touch ran", ENDLESS);
  await stint.up();
  const pid = await heldPreparation(stint);
  await stint.killSupervisors();
  // What the preparation sees now is not what it began to read.
  truncateSync(join(stint.root, "data.bin"), 10);
  process.kill(pid, "SIGCONT");
  await until("it is refused", () => reportOf(stint).includes('"refused"'));
  await stint.up();
  const { status } = await stint.reach(1, "queued");
  expect(status.attempts[0]).toMatchObject({ failure: { code: "DATA_UNREACHABLE", rule: "spawn" } });
  expect(status.attempts[0]?.failure?.error).toContain("changed while it was read");
});

test("a killed preparation is a failed start, and is tried again", async () => {
  await using stint = new Stint();
  await withData(
    stint,
    "run: echo run >> ran\nbackoff: {first: 10ms, max: 10ms}\nretry: {perClass: {RUNTIME_ERROR: {backoff: {first: 10ms, max: 10ms}}}}",
    ENDLESS,
  );
  await stint.up();
  const pid = await heldPreparation(stint);
  truncateSync(join(stint.root, "data.bin"), 10);
  process.kill(pid, "SIGKILL");
  const { status } = await stint.reach(1, "completed");
  expect(status.attempts[0]).toMatchObject({
    durationMs: 0,
    failure: { code: "RUNTIME_ERROR", rule: "spawn" },
  });
  expect(stint.textOf("ran")).toBe("run\n");
});

test("limits and the environment of the job do not apply to its preparation", async () => {
  await using stint = new Stint();
  await withData(
    stint,
    "run: ulimit -n; echo $GREETING\nenv: {GREETING: hi, PATH: /nowhere}\nlimits: {openFiles: 8}",
    10,
  );
  await stint.run(["drain"]);
  expect(stint.record(1).status.state).toBe("completed");
  expect(await stint.ok("logs", "1")).toBe("8\nhi");
});

test("a program that removes or replaces what its preparation left runs to its end, once, with its own result", async () => {
  await using stint = new Stint();
  const lines = [
    "rm $STINT_RUN_DIR/preparation*",
    "rm $STINT_RUN_DIR/preparation.json; mkfifo $STINT_RUN_DIR/preparation.json",
    "echo rubbish > $STINT_RUN_DIR/preparation.json",
  ];
  await withData(
    stint,
    `matrix: {line: ${JSON.stringify(lines)}}\nrun: "eval \\"$STINT_VALUE_LINE\\"; echo run >> ran; sleep 0.3; exit 125"\nretries: 0`,
    10,
  );
  await stint.run(["drain"]);
  const found = stint
    .records()
    .map((record) => [attemptOf(record).failure?.code, attemptOf(record).exitCode]);
  expect(found).toEqual(lines.map(() => ["EXIT_NONZERO", 125]));
  expect(stint.textOf("ran")).toBe("run\n".repeat(lines.length));
});

test("a task that asks for nothing has no file and no process of a preparation", async () => {
  await using stint = new Stint();
  await stint.run(["submit", "-"], { input: "name: a\nrun: tr '\\0' ' ' </proc/$PPID/cmdline\n" });
  await stint.run(["drain"]);
  expect(stint.files("runs/000001-a/1").toSorted()).toEqual(["exit.json", "output.log", "script", "start"]);
});
