import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTimeOf } from "../../src/lib/host.ts";
import { never, Receiver } from "../rig/receiver.ts";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

const waiting = (stint: Stint): string[] => stint.files("notices").filter((name) => name.endsWith(".json"));
const audit = (stint: Stint): string => readFileSync(join(stint.home, "audit.ndjson"), "utf8");

async function submit(stint: Stint, input: string, env: Record<string, string> = {}): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input, env });
  if (code !== 0) throw new Error(err);
}

/** A home with settings, which no command has made yet. */
async function withSettings(stint: Stint, settings: string): Promise<void> {
  await stint.ok("submit", "--name", "first", "--", "true");
  await stint.ok("cancel", "1");
  writeFileSync(join(stint.home, "config.yaml"), settings);
}

describe("a webhook", () => {
  test("is signed, says what happened, and a second try has the id of the first", async () => {
    await using stint = new Stint();
    await using receiver = new Receiver(
      (_got, index) => new Response("", { status: index === 0 ? 503 : 204 }),
    );
    const path = join(stint.root, "hook-secret");
    writeFileSync(path, "of-the-file\n", { mode: 0o600 });
    const hook = `{url: "${receiver.url}/hook", secretFile: ${path}, headers: {Authorization: {env: HOOK_AUTH}}}`;
    await submit(stint, `name: a\nrun: echo last words; exit 3\non: {failure: {webhook: ${hook}}}\n`, {
      HOOK_AUTH: "Bearer of-the-environment",
    });
    await stint.run(["drain"]);
    expect(receiver.got.length).toBe(2);
    const [first, second] = receiver.got;
    expect(first?.headers.get("stint-id")).toBe(second?.headers.get("stint-id") ?? "");
    expect(second?.headers.get("authorization")).toBe("Bearer of-the-environment");
    const [, seconds = "", hex = ""] =
      /^t=(\d+),v1=([0-9a-f]+)$/.exec(second?.headers.get("stint-signature") ?? "") ?? [];
    const signed = createHmac("sha256", "of-the-file").update(`${seconds}.${second?.body}`).digest("hex");
    expect(hex).toBe(signed);
    expect(JSON.parse(second?.body ?? "")).toMatchObject({
      id: second?.headers.get("stint-id"),
      event: "failure",
      logTail: "last words",
      task: { name: "a", state: "failed", exitCode: 3, failureCode: "EXIT_NONZERO", attempt: 1 },
    });
    expect(waiting(stint)).toEqual([]);
    // Neither value is anywhere in the home but in the captured environment.
    const found = await Bun.$`grep -rlE 'of-the-(file|environment)' ${stint.home}`.nothrow().text();
    expect(found.trim().split("\n")).toEqual([expect.stringContaining("/env/")]);
  });

  test.concurrent.each([
    ["redirects", (): Response => Response.redirect("http://127.0.0.1:9/", 302), "redirect (302)", "10s"],
    ["does not know it", (): Response => new Response("", { status: 404 }), "the answer was 404", "10s"],
    ["fails for ever", (): Response => new Response("", { status: 500 }), "the answer was 500", "10s"],
    ["says nothing", never, "no answer within 200 ms", "200ms"],
  ])(
    "is given up where the receiver %s, which is on record and does not affect the task",
    async (_, answer, why, timeout) => {
      await using stint = new Stint();
      await using receiver = new Receiver(answer);
      await withSettings(stint, `notices: {tries: 2, firstWait: 1ms, timeout: ${timeout}}\n`);
      await submit(stint, `run: "true"\non: {success: {webhook: "${receiver.url}/a-secret-path"}}\n`);
      await stint.ok("drain");
      expect(stint.record(2).status.state).toBe("completed");
      expect(waiting(stint)).toEqual([]);
      expect(stint.files("notices/.given-up").length).toBe(1);
      expect(audit(stint)).toContain("notice_given_up");
      expect(audit(stint)).toContain(why);
      expect(audit(stint)).not.toContain("a-secret-path");
      const doctor = await stint.run(["doctor"]);
      expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining("1 notice was given up")]);
    },
  );

  test("that hangs delays neither jobs nor the end of the supervisor, which leaves it to the next one", async () => {
    await using stint = new Stint();
    let isDeaf = true;
    await using receiver = new Receiver(() => (isDeaf ? never() : new Response("ok")));
    const supervisor = await stint.up();
    await submit(stint, `name: a\nrun: "true"\non: {success: {webhook: "${receiver.url}"}}\n`);
    await until("the hook is called", () => receiver.got.length === 1);
    await stint.ok("submit", "--name", "b", "--", "true");
    await stint.reach(2, "completed");
    await stint.ok("down");
    expect(await supervisor.exited).toBe(0);
    expect(waiting(stint).length).toBe(1);
    isDeaf = false;
    await stint.up();
    await until("it is taken", () => waiting(stint).length === 0);
    const ids = receiver.got.map(({ headers }) => headers.get("stint-id"));
    expect(new Set(ids).size).toBe(1);
  });

  test("is delivered though its supervisor is killed meanwhile, for at most four tasks at a time", async () => {
    await using stint = new Stint();
    let isDeaf = true;
    await using receiver = new Receiver(async () => {
      if (isDeaf) return never();
      await Bun.sleep(20);
      return new Response("ok");
    });
    const first = await stint.up("--jobs", "8");
    const sweep = `name: s\nrun: "true"\narray: 1-8\non: {success: {webhook: "${receiver.url}"}}\n`;
    await submit(stint, sweep);
    await stint.reach(8, "completed");
    await until("four hooks are called", () => receiver.got.length === 4);
    first.kill("SIGKILL");
    await first.exited;
    isDeaf = false;
    await stint.up();
    await until("all are taken", () => waiting(stint).length === 0);
    const ids = receiver.got.map(({ headers }) => headers.get("stint-id"));
    expect(new Set(ids).size).toBe(8);
    expect(receiver.got.length).toBe(12);
  });
});

describe("a dead-man switch", () => {
  test.concurrent.each([
    ["a success", "echo fine", ["/id/start", "/id"], "fine"],
    ["an exit code", "echo bad; exit 3", ["/id/start", "/id/3"], "bad"],
    ["a signal", "kill -TERM $$; sleep 9", ["/id/start", "/id/fail"], ""],
  ])("gets the start and %s, in this order, as one run", async (_what, run, paths, body) => {
    await using stint = new Stint();
    await using receiver = new Receiver();
    const task = {
      run,
      retry: { maxAttempts: 1, never: ["infrastructure"] },
      on: { ping: `${receiver.url}/id` },
    };
    await submit(stint, JSON.stringify(task));
    await stint.run(["drain"]);
    expect(receiver.got.map(({ path }) => path)).toEqual(paths);
    const runs = receiver.got.map(({ run: one }) => one);
    expect(runs[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(runs[1]).toBe(runs[0] ?? null);
    expect(receiver.got[1]?.body).toBe(body);
  });

  test("gets the end only after it has accepted the start", async () => {
    await using stint = new Stint();
    await using receiver = new Receiver((_got, index) => new Response("", { status: index < 2 ? 500 : 200 }));
    await withSettings(stint, "notices: {firstWait: 50ms}\n");
    await submit(stint, `run: "true"\non: {ping: "${receiver.url}/id"}\n`);
    await stint.ok("drain");
    expect(receiver.got.map(({ path }) => path)).toEqual(["/id/start", "/id/start", "/id/start", "/id"]);
  });

  test("gets a task with all its retries as one run", async () => {
    await using stint = new Stint();
    await using receiver = new Receiver();
    const backoff = "backoff: {first: 10ms, max: 10ms}\nretries: 2\n";
    await submit(stint, `run: test $STINT_ATTEMPT -ge 3\n${backoff}on: {ping: "${receiver.url}/id"}\n`);
    await stint.ok("drain");
    expect(receiver.got.map(({ path }) => path)).toEqual(["/id/start", "/id"]);
  });
});

describe("the end of a batch", () => {
  test("is reported once, by the last of its tasks, with counts, wherever it was asked for", async () => {
    await using stint = new Stint();
    await using receiver = new Receiver();
    const wish = `on: {batchEnd: {webhook: "${receiver.url}"}}\n`;
    const tasks = [
      `run: exit 1\n${wish}`,
      `name: s\nrun: "true"\narray: 1-3\n`,
      `name: c\nrun: "true"\nhold: true\n`,
    ];
    await submit(stint, tasks.join("---\n"));
    await stint.run(["drain"]);
    expect(receiver.got).toEqual([]);
    // No supervisor runs: it waits for the next one.
    await stint.ok("cancel", "5");
    expect(waiting(stint).length).toBe(1);
    await stint.ok("drain");
    expect(receiver.got.map(({ body }) => (JSON.parse(body) as { counts: unknown }).counts)).toEqual([
      { total: 5, completed: 3, failed: 1, cancelled: 1 },
    ]);
  });
});

describe("a command", () => {
  test("that hangs is killed with everything that it started", async () => {
    await using stint = new Stint();
    await withSettings(stint, "notices: {tries: 1, commandTimeout: 2s}\n");
    // It says itself what it started: it may be killed before the test has looked.
    const note = `echo $$ >> ${stint.root}/pids`;
    const hang = `setsid sh -c '${note}; exec sleep 300' & ${note}; sleep 300`;
    await stint.up();
    await submit(stint, JSON.stringify({ run: "true", on: { success: { command: hang } } }));
    await until("it is given up", () => stint.files("notices/.given-up").length === 1);
    const pids = stint.textOf("pids").trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    await until("nothing of it is left", () => pids.every((pid) => startTimeOf(pid) === null));
    expect(audit(stint)).toContain("ran for over 2000 ms and was killed");
    expect(stint.record(2).status.state).toBe("completed");
  });

  test("runs once at a time, also where its supervisor was killed, and ends with a supervisor that ends", async () => {
    await using stint = new Stint();
    const first = await stint.up();
    const command = `echo $$ >> ${stint.root}/pids; sleep 300`;
    await submit(stint, `run: "true"\non: {success: {command: "${command}"}}\n`);
    const pids = (): number[] => stint.textOf("pids").trim().split("\n").filter(Boolean).map(Number);
    await until("it runs", () => pids().length === 1);
    first.kill("SIGKILL");
    await first.exited;
    const [id = ""] = waiting(stint).map((name) => name.replace(/\.json$/, ""));
    expect(markedProcesses(id)).toContain(pids()[0] ?? 0);
    await stint.up();
    await until("it runs again", () => pids().length === 2);
    expect(markedProcesses(id)).not.toContain(pids()[0] ?? 0);
    await stint.ok("down");
    await until("nothing of it is left", () => markedProcesses(id).length === 0);
    expect(waiting(stint).length).toBe(1);
  });

  test("of config.yaml is called for every task, beside the task's own", async () => {
    await using stint = new Stint();
    const tell = (who: string): string =>
      `{command: 'echo "${who} $STINT_EVENT $STINT_TASK_NAME" >> ${stint.root}/told'}`;
    await withSettings(stint, `on: {success: ${tell("home")}}\n`);
    await submit(stint, `name: a\nrun: "true"\non: {success: ${tell("task")}}\n---\nname: b\nrun: "true"\n`);
    await stint.ok("drain");
    const lines = stint.textOf("told").trim().split("\n");
    expect(lines.toSorted()).toEqual(["home success a", "home success b", "task success a"]);
  });
});

test("set changes the receivers of a task, and removes them", async () => {
  await using stint = new Stint();
  await submit(stint, `run: "true"\nhold: true\n`);
  await stint.ok("set", "1", "on.failure=[{command: echo a}]", "on.ping=https://example.org/id");
  expect(stint.record(1).spec["on"]).toEqual({
    failure: [{ type: "command", argv: ["/bin/sh", "-c", "echo a"] }],
    ping: [{ type: "ping", url: "https://example.org/id" }],
  });
  await stint.ok("set", "1", "on.failure=default", "on.ping=null");
  expect(stint.record(1).spec["on"]).toEqual({});
});
