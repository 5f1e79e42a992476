import { expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInject, delayOnce } from "../rig/faults.ts";
import { hearsInterrupts } from "../rig/signals.ts";
import { Stint, until } from "../rig/stint.ts";

/** Starts a verb that waits, until it says something on stderr; then what it waits for is brought about. */
async function saysWhileWaiting(
  stint: Stint,
  { args, what, release }: { args: readonly string[]; what: string; release: () => void },
): Promise<string> {
  const child = stint.start(args);
  let said = "";
  const reading = child.stderr.pipeTo(
    new WritableStream({ write: (bytes) => void (said += new TextDecoder().decode(bytes)) }),
  );
  await until(`stint ${args.join(" ")} says ${what}`, () => said.includes(what), { describe: () => said });
  release();
  await child.exited;
  await reading;
  return said;
}

test("a command that waits for a stopped supervisor says so, and how to continue it", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--name", "job", "--", "sh", "-c", "until test -e $HOME/end; do sleep 0.02; done");
  await stint.reach(1, "running");
  const stop = (): void => supervisor.kill("SIGSTOP");
  const goOn = (): void => supervisor.kill("SIGCONT");
  stop();
  await stint.ok("submit", "--name", "next", "--", "true");
  writeFileSync(join(stint.home, "inbox", "job.yaml"), "run: 'true'\n");
  const what = `stint up with pid ${supervisor.pid} is stopped`;
  const advice = `kill -CONT ${supervisor.pid}`;
  for (const args of [["explain", "1"], ["explain", "2"], ["ls"], ["show", "1"], ["doctor"], ["up"]]) {
    const { out, err } = await stint.run(args);
    expect([args, (out + err).includes(advice)]).toEqual([args, true]);
    expect(out + err).not.toContain("starts next");
    // Beside it none can be started.
    if (args[0] !== "up")
      expect([args, out + err]).not.toEqual([args, expect.stringContaining("up --detach")]);
  }
  expect(JSON.parse(await stint.ok("explain", "2", "--json"))).toMatchObject({
    wait: { type: "silent", by: { role: "up", pid: supervisor.pid, isStopped: true } },
  });
  for (const [args, release] of [
    [["cancel", "2"], goOn],
    [["wait", "1", "--timeout", "1s"], () => {}],
    [["drain", "--for", "1s", "--leave"], () => {}],
    [["down"], goOn],
  ] as const) {
    stop();
    const said = await saysWhileWaiting(stint, { args, what, release });
    // Once, however long it waits.
    expect(said.split(advice)).toHaveLength(2);
  }
  expect(await supervisor.exited).toBe(0);
});

test("a request that a stopped supervisor does not answer ends with an error, and is carried out later", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up("--jobs", "1");
  for (const name of ["set", "cancel"]) await stint.ok("submit", "--hold", "--name", name, "--", "true");
  await until("both are queued", () => stint.records().length === 2);
  supervisor.kill("SIGSTOP");
  const [changed, cancelled] = await Promise.all([
    stint.run(["set", "1", "priority=7"]),
    stint.run(["cancel", "2", "--json"]),
  ]);
  for (const { code, out, err } of [changed, cancelled]) {
    expect([code, out]).toEqual([5, ""]);
    expect(err).toContain("[UNANSWERED]");
  }
  supervisor.kill("SIGCONT");
  await stint.reach(2, "cancelled");
  await until("it is set", () => stint.record(1).spec["priority"] === 7);
});

test("Ctrl-C of a run beside a stopped supervisor ends it at once, and the cancel waits for who goes on", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up("--jobs", "1");
  await stint.ok("submit", "--name", "job", "--", "sleep", "60");
  await stint.reach(1, "running");
  supervisor.kill("SIGSTOP");
  const run = stint.start(["run", "--", "true"]);
  await until("it hears signals", () => hearsInterrupts(run.pid));
  run.kill("SIGINT");
  const said = `${await new Response(run.stderr).text()}ended with ${await run.exited}\n`;
  expect(said).toContain("It cancels what was submitted once it continues");
  expect(said).toContain("ended with 130");
  supervisor.kill("SIGCONT");
  await stint.reach(2, "cancelled");
});

test("a command reports a supervisor that does not renew its lock, and none that works", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up("--jobs", "1");
  await stint.ok("submit", "--name", "job", "--hold", "--", "true");
  expect(await stint.ok("doctor")).not.toContain("last seen at");
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(join(stint.home, "locks", "supervisor.lock"), longAgo, longAgo);
  const { out, err } = await stint.run(["ls"]);
  expect(out + err).toContain(`stint up with pid ${supervisor.pid} does not answer; last seen at`);
  expect(err).toContain("(1h ago)");
  expect(err).toContain(`kill -KILL ${supervisor.pid}`);
});

test.if(canInject)("a command waits for the answer of a supervisor that is slow", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--hold", "--name", "job", "--", "true");
  await until("it is queued", () => stint.records().length === 1);
  await using _ = await delayOnce(supervisor.pid, "rename", 6_000);
  expect(await stint.ok("cancel", "1")).toBe("000001-job cancelled");
});
