import { expect, test } from "bun:test";
import { Stint } from "../rig/stint.ts";

type Attempt = Record<string, unknown>;

/** Runs a script of sh as a task to its end; its last attempt. */
async function attemptOf(stint: Stint, script: string, ...flags: string[]): Promise<Attempt> {
  await stint.run(["run", ...flags, "--", "sh", "-c", script]);
  return stint.records().at(-1)?.status.attempts.at(-1) as unknown as Attempt;
}

test("what a job tells by lines of its file is on record: progress, metrics, timeline, a checkpoint", async () => {
  await using stint = new Stint();
  const attempt = await attemptOf(
    stint,
    `echo '{"type":"PROGRESS","msg":"epoch 3","step":3,"total":4}' >> "$STINT_EVENTS"
     echo '{"type":"METRIC","name":"acc","value":0.5}' >> "$STINT_EVENTS"
     echo '{"type":"METRIC","name":"loss","value":NaN}' >> "$STINT_EVENTS"
     echo '{"type":"INFO","at":"2026-01-02T03:04:05Z","msg":"hello","payload":{"a":1}}' >> "$STINT_EVENTS"
     echo '{"type":"CHECKPOINT","path":"7.pt","step":7}' >> "$STINT_EVENTS"
     echo '{"type":"COMPLETED","msg":"well done"}' >> "$STINT_EVENTS"
     echo rubbish >> "$STINT_EVENTS"
     echo "at '$STINT_CHECKPOINT' of '$STINT_CHECKPOINT_STEP'"
     exit "$((1 - \${STINT_ATTEMPT} / 2))"`,
    "--retries=1",
    "--set=backoff.first=1ms",
  );
  expect(attempt).toMatchObject({
    state: "completed",
    number: 2,
    progress: { percent: 75, step: 3, total: 4, text: "epoch 3" },
    metrics: { acc: 0.5, loss: "nan" },
    events: { lines: 7, bad: 1, claimed: 1 },
    checkpoint: { path: "7.pt", step: 7 },
    timeline: [
      { at: "2026-01-02T03:04:05.000Z", type: "INFO", msg: "hello", payload: { a: 1 } },
      { type: "CHECKPOINT", msg: "", payload: { path: "7.pt", step: 7 } },
      // The exit status alone decides.
      { type: "INFO", msg: "well done", claimed: "COMPLETED" },
    ],
  });
  expect(await stint.ok("logs", "1", "--attempt=1")).toBe("at '' of ''");
  expect(await stint.ok("logs", "1")).toBe("at '7.pt' of '7'");
  expect(await stint.ok("show", "1")).toContain('INFO hello {"a":1}');
});

test("what a job says of its failure counts only if it fails", async () => {
  await using stint = new Stint();
  const line = `echo '{"type":"FAIL","code":"DATA_UNREACHABLE","msg":"no shard 7","retryable":false}'`;
  expect(await attemptOf(stint, `${line} >> "$STINT_EVENTS"`)).toMatchObject({ state: "completed" });
  expect(await attemptOf(stint, `${line} >> "$STINT_EVENTS"; exit 3`)).toMatchObject({
    state: "failed",
    failure: { code: "DATA_UNREACHABLE", rule: "event:FAIL" },
  });
  expect(await stint.ok("ls", "--all")).toContain("exit 3: no shard 7");
});

test("whatever stands in place of the events costs the job nothing, and neither do a million lines", async () => {
  await using stint = new Stint();
  const lines = `yes '{"type":"PROGRESS","msg":50}' | head -n 1000000 >> "$STINT_EVENTS"`;
  const last = `echo '{"type":"METRIC","name":"acc","value":1}' >> "$STINT_EVENTS"`;
  const cases: readonly (readonly [script: string, events: object | undefined])[] = [
    ['mkfifo "$STINT_EVENTS"', undefined],
    ['mkdir "$STINT_EVENTS"', undefined],
    ['ln -s /etc/passwd "$STINT_EVENTS"', undefined],
    ['ln -s /dev/zero "$STINT_EVENTS"', undefined],
    ['rm -r "$STINT_RUN_DIR"', undefined],
    ['printf "{" >> "$STINT_EVENTS"', { lines: 1, bad: 1 }],
    ['truncate -s 1G "$STINT_EVENTS"; echo >> "$STINT_EVENTS"', { lines: 1, bad: 1 }],
    [`${lines}; ${last}`, { lines: 1_000_001 }],
  ];
  const tasks = cases.map(([script]) => `${JSON.stringify({ name: "job", run: script })}\n`);
  await stint.run(["submit", "-"], { input: tasks.join("---\n") });
  await stint.ok("drain");
  const attempts = stint.records().map(({ status }) => status.attempts[0] as unknown as Attempt);
  expect(attempts.map(({ state, events }) => [state, events])).toEqual(
    cases.map(([, events]) => ["completed", events]),
  );
  // The last values count, however many lines are before them.
  expect(attempts.at(-1)?.["metrics"]).toEqual({ acc: 1 });
});

test("a value of envFrom is on no record of the events, nor shown", async () => {
  await using stint = new Stint();
  const line = `{"type":"INFO","msg":"key is '"$KEY"'"}`;
  const input = JSON.stringify({ envFrom: [{ env: ["KEY"] }], run: `echo '${line}' >> "$STINT_EVENTS"` });
  await stint.run(["run", "-"], { input, env: { KEY: "tiger-lily" } });
  const record = JSON.stringify(stint.record(1).status.attempts);
  expect(record).toContain("key is ***");
  expect(record).not.toContain("tiger-lily");
});

test("stint emit appends the lines, refuses what they cannot have, and says that it is not in a job", async () => {
  await using stint = new Stint();
  const emit = `${stint.executable} emit`;
  const attempt = await attemptOf(
    stint,
    `${emit} progress --step 3 --total 4 --eta 7s &&
     ${emit} metric acc=0.5 loss=inf --step 3 &&
     ${emit} output model=m.pt n=7 &&
     ${emit} info two words --payload '{"a":[1]}' &&
     ${emit} error oh && ${emit} ready http://x && ${emit} checkpoint a.pt --step 3 &&
     ${emit} fail --code MINE --retry-after 1ms no luck
     ${emit} metric acc=high; echo "exit $?"
     ${emit} metric "$(printf %0200d 0)=1"; echo "exit $?"
     mv "$STINT_EVENTS" "$STINT_EVENTS.kept"; mkdir "$STINT_EVENTS"
     ${emit} progress 5; echo "exit $?"
     rmdir "$STINT_EVENTS"; mv "$STINT_EVENTS.kept" "$STINT_EVENTS"
     exit 4`,
    "--set=retry.maxAttempts=1",
  );
  expect(attempt).toMatchObject({
    failure: { code: "EXIT_NONZERO", rule: "event:FAIL", error: expect.stringContaining("MINE: no luck") },
    progress: { percent: 75, step: 3, total: 4, etaMs: 7_000 },
    metrics: { acc: 0.5, loss: "inf" },
    checkpoint: { path: `${stint.root}/a.pt`, step: 3 },
    events: { lines: 9 },
  });
  const log = await stint.ok("logs", "1");
  expect(log.match(/exit \d+/g)).toEqual(["exit 2", "exit 2", "exit 7"]);
  const outside = await stint.run(["emit", "progress", "3"], { env: { STINT_EVENTS: "" } });
  expect(outside).toMatchObject({ code: 7, out: "" });
  expect(outside.err).toContain("[OUTSIDE_JOB]");
});
