import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killJob } from "../rig/kill-job.ts";
import { Stint, until } from "../rig/stint.ts";

test("submit prints bare ids, one a line, and everything else on stderr", async () => {
  await using stint = new Stint();
  const ran = await stint.run(["submit", "-"], {
    input: "name: one\nrun: true\n---\nname: two\nrun: true\n",
  });
  expect(ran).toEqual({ code: 0, out: "000001-one\n000002-two\n", err: "" });
});

test("a task can be named by number, id, name, range, @ and @~1", async () => {
  await using stint = new Stint();
  for (const name of ["a", "b", "c"]) await stint.ok("submit", "--name", name, "--", "true");
  const idOf = async (reference: string): Promise<string> =>
    (JSON.parse(await stint.ok("show", reference, "--json")) as { metadata: { id: string } }).metadata.id;
  expect(await idOf("2")).toBe("000002-b");
  expect(await idOf("000003-c")).toBe("000003-c");
  expect(await idOf("a")).toBe("000001-a");
  expect(await idOf("@")).toBe("000003-c");
  expect(await idOf("@~2")).toBe("000001-a");
  const range = JSON.parse(await stint.ok("show", "2-3", "--json")) as { metadata: { name: string } }[];
  expect(range.map(({ metadata }) => metadata.name)).toEqual(["b", "c"]);
});

test("a name of several tasks is refused with their numbers", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "same", "--", "true");
  await stint.ok("submit", "--name", "same", "--", "true");
  const ran = await stint.run(["show", "same"]);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain("the latest are 1, 2");
});

test("hold keeps a task from starting until release", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  const drained = await stint.run(["drain"]);
  expect(drained).toMatchObject({ code: 0 });
  expect(drained.out).toContain("000001-true left: held");
  await stint.ok("release", "1");
  await stint.ok("drain");
  expect(stint.record(1).status.state).toBe("completed");
});

test("set changes a queued task, and a failed one before its retry", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "sh", "-c", 'test "$OK" = yes');
  await stint.run(["drain"]);
  await stint.ok("set", "1", "env.OK=yes", "priority=7", "timeout=5m");
  expect(stint.record(1)).toMatchObject({
    spec: { priority: 7, timeoutMs: 300_000 },
    metadata: { generation: 2 },
  });
  await stint.ok("retry", "1");
  await stint.ok("drain");
  expect(stint.record(1)).toMatchObject({
    status: { state: "completed", attempt: 2 },
    metadata: { epoch: 2 },
  });
});

test("set --if-version answers a stale version as a conflict and changes nothing", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  await stint.ok("set", "1", "priority=1", "--if-version", "1");
  const stale = await stint.run(["set", "1", "priority=2", "--if-version", "1"]);
  expect(stale.code).toBe(4);
  expect(stint.record(1)).toMatchObject({ spec: { priority: 1 }, metadata: { resourceVersion: 2 } });
});

test("retry with a selector queues only the tasks that failed in that way", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "code", "--", "sh", "-c", "exit 3");
  await stint.ok("submit", "--name", "spec", "--", "no-such-program-anywhere");
  await stint.run(["drain"]);
  expect(await stint.ok("retry", "--failed", "--class", "invalid-spec")).toBe("000002-spec queued");
  expect(stint.record(1).status.state).toBe("failed");
});

test("cancel of an ended task is a conflict, and with --if-exists it is no error", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  await stint.ok("drain");
  expect((await stint.run(["cancel", "1"])).code).toBe(4);
  expect((await stint.run(["cancel", "1", "--if-exists"])).code).toBe(0);
  expect((await stint.run(["cancel", "9", "--if-exists"])).code).toBe(0);
});

test("cancel gives a running job its grace, and --force does not", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "2");
  const stubborn = "script: |\n  trap '' TERM\n  echo ready >> $HOME/ready\n  sleep 60\n";
  await stint.run(["submit", "-"], { input: `${stubborn}stopGrace: 500ms\n` });
  await stint.run(["submit", "-"], { input: `${stubborn}stopGrace: 1h\n` });
  await stint.reach(1, "running");
  await stint.reach(2, "running");
  await until("both are deaf", () => stint.textOf("ready") === "ready\nready\n");
  await stint.ok("cancel", "1");
  await stint.ok("cancel", "2");
  const cancelled = await stint.reach(1, "cancelled");
  expect(cancelled.status.attempts[0]).toMatchObject({ state: "cancelled", signal: "SIGKILL" });
  expect(stint.record(2).status.state).toBe("running");
  await stint.ok("cancel", "2", "--force");
  await stint.reach(2, "cancelled");
});

test("logs -f follows across attempts until the task has ended", async () => {
  await using stint = new Stint();
  await stint.up();
  const script = [
    "echo attempt $STINT_ATTEMPT",
    'until test -e "$HOME/go"; do sleep 0.02; done',
    "test $STINT_ATTEMPT -ge 2",
  ];
  const yaml = `script: |\n${script.map((line) => `  ${line}\n`).join("")}retries: 3\nbackoff: {first: 50ms, max: 50ms}\n`;
  await stint.run(["submit", "-"], { input: yaml });
  const follower = stint.start(["logs", "-f", "1"]);
  let out = "";
  for await (const bytes of follower.stdout) {
    out += new TextDecoder().decode(bytes);
    // The first attempt ends once it is followed.
    if (out === "attempt 1\n") writeFileSync(join(stint.root, "go"), "");
  }
  expect(out).toBe("attempt 1\nattempt 2\n");
});

test("logs -f --tail begins with the last lines of what is there", async () => {
  await using stint = new Stint();
  await stint.up();
  const script =
    'echo one; printf "two\\nthree"; until test -e "$HOME/go"; do sleep 0.02; done; echo; echo four';
  await stint.ok("submit", "--name", "a", "--", "sh", "-c", script);
  const log = "home/runs/000001-a/1/output.log";
  await until("the job has written", () => stint.textOf(log) === "one\ntwo\nthree");
  expect(await stint.ok("logs", "1", "--tail", "0")).toBe("");
  const shown = ["", ""];
  const following = shown.map(async (_, index) => {
    const { stdout } = stint.start(["logs", "1", "-f", "--tail", String(index + 1)]);
    for await (const bytes of stdout) {
      shown[index] += new TextDecoder().decode(bytes);
      // Both have begun.
      if (shown.every((text) => text.endsWith("three"))) writeFileSync(join(stint.root, "go"), "");
    }
  });
  await Promise.all(following);
  expect(shown).toEqual(["three\nfour\n", "two\nthree\nfour\n"]);
});

test("clean removes ended tasks with their logs, and those in dead-letter/ only on request", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  await stint.ok("submit", "--", "false");
  await stint.run(["drain"]);
  expect(await stint.ok("clean", "--older-than", "0s", "--dry-run")).toContain(
    "000001-true would be removed",
  );
  expect(await stint.ok("clean", "--older-than", "0s")).toBe("000001-true removed");
  expect(existsSync(join(stint.home, "runs", "000001-true"))).toBe(false);
  await stint.ok("clean", "--older-than", "0s", "--dead-letter");
  expect(stint.records()).toEqual([]);
  expect(await stint.ok("submit", "--", "true")).toBe("000003-true");
});

test("wait --timeout ends with 124 and says that no supervisor runs", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  const waited = await stint.run(["wait", "1", "--timeout", "200ms"]);
  expect(waited.code).toBe(124);
  expect(waited.err).toContain("no supervisor is running");
});

test("submit --wait mirrors the task", async () => {
  await using stint = new Stint();
  await stint.up();
  expect((await stint.run(["submit", "--wait", "--", "sh", "-c", "exit 9"])).code).toBe(9);
});

test("submit --from queues a completed task again as a new one", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "again", "--", "true");
  await stint.ok("drain");
  const { code, err } = await stint.run(["retry", "1"]);
  expect([code, err]).toEqual([4, expect.stringContaining("\n  submit it again: stint submit --from 1\n")]);
  expect(await stint.ok("submit", "--from", "1")).toBe("000002-again");
  expect(stint.record(2).metadata["resubmitOf"]).toBe("000001-again");
});

test("Ctrl-C in run cancels what it submitted and ends with 130", async () => {
  await using stint = new Stint();
  const run = stint.start(["run", "--", "sleep", "60"]);
  await stint.reach(1, "running");
  run.kill("SIGINT");
  expect(await run.exited).toBe(130);
  expect(stint.record(1).status.state).toBe("cancelled");
});

test("a SIGHUP to run leaves the job to the next supervisor", async () => {
  await using stint = new Stint();
  const run = stint.start(["run", "--", "sleep", "60"]);
  await stint.reach(1, "running");
  run.kill("SIGHUP");
  await run.exited;
  expect(stint.record(1).status.state).toBe("running");
  await stint.up();
  await stint.ok("cancel", "1");
  await stint.reach(1, "cancelled");
});

test("the audit log verifies after all kinds of changes, and a changed byte is found", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "sh", "-c", "exit 1");
  await stint.run(["drain"]);
  await stint.ok("retry", "1");
  await stint.ok("cancel", "1");
  expect(JSON.parse(await stint.ok("audit", "verify", "--json"))).toMatchObject({ ok: true });
  const path = join(stint.home, "audit.ndjson");
  await Bun.write(path, (await Bun.file(path).text()).replace('"to":"failed"', '"to":"completed"'));
  const broken = await stint.run(["audit", "verify"]);
  expect(broken.code).toBe(1);
  expect(broken.err).toContain("was changed after it was written");
});

test("requeue-stale queues again each task that lost its process, and prints it", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--", "sleep", "60");
  const running = await stint.reach(1, "running");
  supervisor.kill("SIGKILL");
  await supervisor.exited;
  killJob(running);
  expect(await stint.ok("requeue-stale")).toBe("000001-sleep-60 queued again");
  expect(stint.record(1).status).toMatchObject({ state: "queued", reason: "Orphaned", orphanCount: 1 });
});

test("up --detach returns when the supervisor is up; a second one says so, and is refused with other flags", async () => {
  await using stint = new Stint();
  await stint.ok("up", "--detach");
  try {
    await stint.ok("submit", "--", "true");
    await stint.reach(1, "completed");
    const pid = String(stint.owner()?.["pid"]);
    expect(await stint.ok("up", "--detach")).toStartWith(
      `already running: the supervisor of ${stint.home}, pid ${pid}, since `,
    );
    const refused = await stint.run(["up", "--detach", "--jobs", "7"]);
    expect([refused.code, refused.err]).toEqual([
      4,
      expect.stringContaining(`one is running with pid ${pid}`),
    ]);
  } finally {
    await stint.ok("down");
  }
  await until("the lock is free", () => stint.owner() === null);
});

test("--home selects the queue in any position, overrides STINT_HOME, and is inherited by jobs", async () => {
  await using stint = new Stint();
  const other = join(stint.root, "other");
  const job = ["--", "sh", "-c", 'test "$STINT_HOME" = "$HOME/other"'];
  expect((await stint.run(["submit", "--home", other, ...job])).code).toBe(0);
  expect((await stint.run(["--home", other, "submit", ...job])).code).toBe(0);
  expect((await stint.run(["submit", "--home=other", ...job])).code).toBe(0);
  expect((await stint.run(["drain", "--home", other])).code).toBe(0);
  expect(existsSync(stint.home)).toBe(false);
  expect((await stint.run(["ls", "--home", other])).out.match(/completed/g)).toHaveLength(3);
});

test("drain without a supervisor takes inbox files, and refuses those that are no tasks", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  await Bun.write(join(stint.home, "inbox", "good.yaml"), "name: dropped\nrun: true\n");
  await Bun.write(join(stint.home, "inbox", "bad.yaml"), "runn: true\n");
  await Bun.write(join(stint.home, "inbox", "folder.yaml", "task.yaml"), "run: true\n");
  const { out } = await stint.run(["doctor"]);
  expect(out).toContain("2 inbox files are not queued yet");
  expect(out).toContain("1 inbox file is ignored: folder.yaml (a folder)");
  await stint.ok("drain");
  expect(stint.record(2)).toMatchObject({ metadata: { name: "dropped" }, status: { state: "completed" } });
  expect((await stint.run(["doctor"])).out).toContain("1 inbox file was refused");
});

test("set on several tasks goes on where one is refused", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  await stint.ok("drain");
  await stint.ok("submit", "--hold", "--", "true");
  const ran = await stint.run(["set", "1-2", "priority=3"]);
  expect([ran.code, ran.out]).toEqual([4, "000002-true changed: priority 0 → 3\n"]);
});

test("help VERB prints what VERB --help prints", async () => {
  await using stint = new Stint();
  const [first, second] = await Promise.all([stint.run(["help", "submit"]), stint.run(["submit", "--help"])]);
  expect(first).toEqual(second);
  expect(first.code).toBe(0);
});
