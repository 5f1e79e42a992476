import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Served } from "../rig/served.ts";
import { until } from "../rig/stint.ts";

interface Page {
  readonly tasks: readonly { readonly number: number; readonly name: string; readonly state: string }[];
  readonly next: number | null;
}

const TASKS = "/api/v1/tasks";

describe("POST tasks", () => {
  test("queues YAML or JSON, all or none, and captures nothing of the server", async () => {
    await using served = new Served();
    await served.serve();
    const made = await served.ask(TASKS, {
      yaml: "name: a\nrun: echo a\n---\nname: b\nrun: echo b\nafter: a\n",
    });
    expect([made.status, await made.json()]).toEqual([
      201,
      {
        tasks: [
          { id: "000001-a", number: 1, name: "a" },
          { id: "000002-b", number: 2, name: "b" },
        ],
        notes: [],
      },
    ]);
    await served.json(TASKS, { json: { name: "c", command: ["true"] } });
    const record = served.record(3);
    expect(record.metadata.source).toBe("inbox");
    expect(record.metadata["environment"]).toBeUndefined();
    expect(record.spec).toMatchObject({ kind: { cwd: served.root } });
    expect(record.spec["kind"]).not.toHaveProperty("umask");
    // `@` is what a user has submitted.
    expect((await served.run(["show", "@"])).code).toBe(3);
    const refused = await served.json(TASKS, { yaml: "run: echo d\n---\nrum: echo e\n" });
    expect(refused).toMatchObject({ code: "INVALID_TASK_FILE", status: 422 });
    expect(String(refused["faults"])).toContain("did you mean run?");
    expect(served.records().length).toBe(3);
  });

  test("runs with the environment of the supervisor", async () => {
    await using served = new Served();
    await served.upUnder({ env: { WHOSE: "supervisor" } });
    await served.serve();
    await served.json(TASKS, { yaml: 'run: echo "I am of $WHOSE"' });
    await served.reach(1, "completed");
    const log = await served.json(`${TASKS}/1/log`);
    expect(log).toEqual({
      attempt: 1,
      offset: 0,
      next: 19,
      text: "I am of supervisor\n",
      isOver: true,
      isRestarted: false,
    });
  });
});

test("POST validate names every fault with its place, and queues nothing", async () => {
  await using served = await Served.start();
  const checked = await served.json("/api/v1/validate", { yaml: "name: a\nrum: echo\npriority: high\n" });
  expect(checked).toMatchObject({ isValid: false, faults: [{ line: 2, column: 1 }, { line: 3 }] });
  expect(await served.json("/api/v1/validate", { yaml: "name: a\nrun: echo\n" })).toEqual({
    isValid: true,
    tasks: ["a"],
    faults: [],
  });
  const unfit = await served.json("/api/v1/validate", { yaml: "run: echo\nmemory: 900TB\n" });
  expect(unfit).toMatchObject({ isValid: false, refused: { code: "UNPLACEABLE" } });
  expect(served.records()).toEqual([]);
});

describe("GET tasks", () => {
  test("gives pages from the newest down, and filters", async () => {
    await using served = await Served.start();
    await served.ok("submit", "--name", "a", "--label", "x=1", "--", "true");
    await served.ok("submit", "--name", "b", "--hold", "--slot", "db", "--", "true");
    await served.ok("submit", "--name", "ab", "--", "true");
    await served.ok("cancel", "ab");
    const numbers = async (query: string): Promise<number[]> =>
      ((await served.json(`${TASKS}?${query}`)) as unknown as Page).tasks.map(({ number }) => number);
    // A list follows what others do within moments.
    for (let tries = 0; tries < 1_000 && (await numbers("state=cancelled")).length === 0; tries += 1)
      await Bun.sleep(10);
    expect(await numbers("")).toEqual([3, 2, 1]);
    expect(await numbers("order=queue")).toEqual([1, 2]);
    expect(await numbers("state=queued")).toEqual([2, 1]);
    expect(await numbers("state=cancelled,queued&name=a*")).toEqual([3, 1]);
    expect(await numbers("label=x%3D1")).toEqual([1]);
    expect(await numbers("slot=db")).toEqual([2]);
    const first = (await served.json(`${TASKS}?limit=2`)) as unknown as Page;
    expect([first.tasks.map(({ number }) => number), first.next]).toEqual([[3, 2], 2]);
    const second = (await served.json(`${TASKS}?limit=2&cursor=2`)) as unknown as Page;
    expect([second.tasks.map(({ number }) => number), second.next]).toEqual([[1], null]);
  });

  test("TASK has an ETag, and is not sent again where it is known", async () => {
    await using served = await Served.start();
    await served.ok("submit", "--", "true");
    const answer = await served.ask(`${TASKS}/1`);
    const etag = answer.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]+\.1"$/);
    const again = await served.ask(`${TASKS}/1`, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

describe("a change", () => {
  test("answers for each task, and refuses where each of them does", async () => {
    await using served = await Served.start();
    await served.ok("submit", "--name", "a", "--", "true");
    await served.ok("submit", "--name", "b", "--", "true");
    const change = (verb: string, json: object): Promise<Record<string, unknown>> =>
      served.json(`${TASKS}/${verb}`, { json });
    expect(await change("hold", { tasks: ["a", 2] })).toMatchObject({
      answers: [{ done: "held" }, { done: "held" }],
      unanswered: 0,
    });
    expect(await change("release", { tasks: [1] })).toMatchObject({ answers: [{ done: "released" }] });
    expect(await change("set", { tasks: [1, 2], set: { priority: 7, "labels.x": "y" } })).toMatchObject({
      unanswered: 0,
    });
    expect(served.record(2)).toMatchObject({ spec: { priority: 7 }, metadata: { labels: { x: "y" } } });
    expect(await change("set", { tasks: [1], set: { priority: "high" } })).toMatchObject({
      code: "USAGE",
      status: 400,
    });
    expect(await change("cancel", { tasks: ["a"] })).toMatchObject({ unanswered: 0 });
    expect(served.record(1).status.state).toBe("cancelled");
    expect(await change("cancel", { tasks: ["a"] })).toMatchObject({
      code: "TASK_LOCKED",
      status: 409,
      answers: [{ id: "000001-a" }],
    });
    expect(await change("retry", { tasks: ["a", "b"] })).toMatchObject({
      answers: [{ id: "000001-a" }, { problem: {} }],
    });
    expect(await change("hold", { tasks: ["nobody"] })).toMatchObject({ code: "NOT_FOUND", status: 404 });
  });

  test("is made of the version that is known, or of none", async () => {
    await using served = await Served.start();
    await served.ok("submit", "--", "true");
    const etag = (await served.ask(`${TASKS}/1`)).headers.get("etag") ?? "";
    const set = (more: {
      json: object;
      headers?: Record<string, string>;
    }): Promise<Record<string, unknown>> => served.json(`${TASKS}/set`, more);
    const json = { tasks: [1], set: { priority: 1 } };
    expect(await set({ json, headers: { "if-match": etag } })).toMatchObject({ unanswered: 0 });
    expect(await set({ json, headers: { "if-match": etag } })).toMatchObject({
      code: "VERSION_CONFLICT",
      status: 409,
    });
    expect(await set({ json: { ...json, version: 1 } })).toMatchObject({ code: "VERSION_CONFLICT" });
    expect(await set({ json, headers: { "if-match": '"other.2"' } })).toMatchObject({
      code: "VERSION_CONFLICT",
    });
    expect(await set({ json, headers: { "if-match": "*" } })).toMatchObject({ code: "USAGE" });
  });
});

describe("a log", () => {
  test("comes in windows of whole characters, with secrets hidden", async () => {
    await using served = new Served();
    await served.up();
    await served.serve();
    const path = join(served.root, "secret.env");
    writeFileSync(path, "PASSWORD=tr0ub4dor\n", { mode: 0o600 });
    await served.json(TASKS, { json: { run: 'printf "ä€𝄞 $PASSWORD end"', envFrom: [{ file: path }] } });
    await served.reach(1, "completed");
    let text = "";
    let offset = 0;
    for (let isOver = false; !isOver; ) {
      const part = await served.json(`${TASKS}/1/log?offset=${offset}&limit=5`);
      expect(String(part["text"])).not.toContain("\uFFFD");
      text += String(part["text"]);
      offset = Number(part["next"]);
      isOver = part["isOver"] === true;
    }
    expect(text).toBe("ä€𝄞 *** end");
    const behind = await served.json(`${TASKS}/1/log?offset=1000`);
    expect(behind).toMatchObject({ offset: 0, isRestarted: true });
    expect(await served.json(`${TASKS}/1/log?attempt=2`)).toMatchObject({ code: "NOT_FOUND" });
    expect(await served.json(`${TASKS}/1/log?stream=stderr`)).toMatchObject({ code: "NOT_FOUND" });
  });

  test.each([
    ["a link to another file", 'ln -sf /etc/passwd "$STINT_RUN_DIR/output.log"'],
    ["a FIFO", 'rm "$STINT_RUN_DIR/output.log"; mkfifo "$STINT_RUN_DIR/output.log"'],
    [
      "a folder that is a link",
      'mv "$STINT_RUN_DIR" "$STINT_RUN_DIR.x"; ln -s /etc "$STINT_RUN_DIR"; ln -s passwd "$STINT_RUN_DIR.x/output.log"',
    ],
  ])("whose place a job gave to %s is not shown", async (_what, run) => {
    await using served = new Served();
    await served.up();
    await served.serve();
    await served.json(TASKS, { json: { name: "evil", run, retries: 0 } });
    await until("the job is over", () =>
      served.records().some(({ status }) => ["completed", "failed"].includes(status.state)),
    );
    const shown = await served.json(`${TASKS}/1/log`);
    expect(shown).toMatchObject({ code: "NOT_FOUND", status: 404 });
  });
});

test("explain names the reasons of the planner", async () => {
  await using served = await Served.start();
  await served.ok("submit", "--hold", "--", "true");
  expect(await served.json(`${TASKS}/1/explain`)).toMatchObject({
    state: "queued",
    failure: null,
    waits: [{ type: "held" }, {}],
  });
});

test("many at once are all answered, without a supervisor too", async () => {
  await using served = await Served.start();
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, at) => served.ask(TASKS, { yaml: `name: t${at}\nrun: "true"` })),
  );
  expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
  const held = await Promise.all(
    Array.from({ length: 10 }, (_, at) => served.json(`${TASKS}/hold`, { json: { tasks: [at + 1] } })),
  );
  expect(held.map(({ answers }) => answers)).toEqual(
    held.map((_, at) => [{ id: served.record(at + 1).metadata.id, done: "held" }]),
  );
  expect(await served.json("/api/v1/stats")).toMatchObject({ states: { queued: 20 } });
});

test("results, schedules and GPUs are listed", async () => {
  await using served = new Served();
  await served.up();
  await served.serve();
  const run = 'echo "{\\"acc\\": $x}" > "$STINT_OUTPUTS"';
  await served.json(TASKS, {
    json: { name: "grid", matrix: { x: [1, 2] }, env: { x: "${{ matrix.x }}" }, run },
  });
  await served.reach(1, "completed");
  await served.reach(2, "completed");
  expect(await served.json("/api/v1/results?group=grid")).toMatchObject({
    outputs: ["acc"],
    rows: [{ values: { x: "1" }, outputs: { acc: { value: 1 } } }, { values: { x: "2" } }],
  });
  expect(await served.json("/api/v1/results")).toMatchObject({ code: "USAGE" });
  expect(await served.json("/api/v1/results?group=none")).toMatchObject({ code: "NOT_FOUND" });
  await served.ok("schedules", "add", "--name", "tidy", "--every", "6h", "--", "true");
  expect(await served.json("/api/v1/schedules")).toMatchObject({
    schedules: [{ name: "tidy", isPaused: false, faults: null }],
  });
  expect(await served.json("/api/v1/gpus")).toMatchObject({ devices: [] });
});
