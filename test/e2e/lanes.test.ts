import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** A job that notes its begin and its end; a second one beside it would be seen in the order of the lines. */
const NOTING =
  'echo "begin $STINT_TASK_NAME" >> $HOME/lines; sleep 0.05; echo "end $STINT_TASK_NAME" >> $HOME/lines';

function lines(stint: Stint): string[] {
  return stint.textOf("lines").split("\n").slice(0, -1);
}

function inTurn(...names: string[]): string[] {
  return names.flatMap((name) => [`begin ${name}`, `end ${name}`]);
}

function settle(stint: Stint, settings: string): void {
  mkdirSync(stint.home, { recursive: true, mode: 0o700 });
  writeFileSync(join(stint.home, "config.yaml"), settings);
}

/** Queues tasks of one lane, each with a job that ends once a file is there. */
async function waiting(stint: Stint, name: string, ...flags: string[]): Promise<void> {
  const job = `echo ${name} >> $HOME/begun; until test -e $HOME/${name}-may-end; do sleep 0.02; done`;
  await stint.ok("submit", "--name", name, "--slot", "lane", ...flags, "--", "sh", "-c", job);
}

function letEnd(stint: Stint, name: string): void {
  writeFileSync(join(stint.root, `${name}-may-end`), "");
}

function begun(stint: Stint): string {
  return stint.textOf("begun").trim().replaceAll("\n", " ");
}

test.concurrent("tasks of a lane run one after the other, also while one waits for its retry", async () => {
  await using stint = new Stint();
  const yaml = ["a", "b", "c"].map(
    (name) =>
      `name: ${name}\nslot: lane\nrun: |\n  ${NOTING}\n  test ${name} != a || test $STINT_ATTEMPT -ge 2\n`,
  );
  const slow = "retries: 2\nbackoff: {first: 400ms, max: 400ms, jitter: none}\n";
  await stint.run(["submit", "-"], { input: yaml.map((text) => text + slow).join("---\n") });
  // Beside the lane, everything else goes on.
  await stint.ok("submit", "--name", "beside", "--", "sh", "-c", NOTING);
  await stint.ok("drain", "--jobs", "4");
  expect(lines(stint).filter((line) => !line.endsWith("beside"))).toEqual(inTurn("a", "a", "b", "c"));
  expect(lines(stint).indexOf("end beside")).toBeLessThan(lines(stint).lastIndexOf("begin a"));
});

test.concurrent("a lane is still occupied after its supervisor was killed", async () => {
  await using stint = new Stint();
  await waiting(stint, "a");
  await waiting(stint, "b");
  const first = await stint.up("--jobs", "4");
  await until("a has begun", () => begun(stint) === "a");
  first.kill("SIGKILL");
  await first.exited;
  await stint.up("--jobs", "4");
  // The adopted one still has the lane when a later task has come and gone beside it.
  await stint.ok("submit", "--wait", "--", "true");
  expect(begun(stint)).toBe("a");
  expect(await stint.ok("explain", "2")).toContain('Waiting in lane "lane" (limit 1) behind 000001-a.');
  letEnd(stint, "a");
  await until("b has begun", () => begun(stint) === "a b");
  letEnd(stint, "b");
  await stint.reach(2, "completed");
});

test.concurrent("config.yaml gives a lane two slots, and a label one", async () => {
  await using stint = new Stint();
  settle(stint, 'concurrency: {slots: {lane: 2}, labels: {"team=a": 1}}\njobs: 8\n');
  for (const name of ["a", "b", "c"]) await waiting(stint, name);
  for (const name of ["d", "e"]) {
    const job = `until test -e $HOME/${name}-may-end; do sleep 0.02; done`;
    await stint.ok("submit", "--name", name, "--label", "team=a", "--", "sh", "-c", job);
  }
  await stint.up();
  for (const number of [1, 2, 4]) await stint.reach(number, "running");
  expect(await stint.ok("explain", "3")).toContain('Waiting in lane "lane" (limit 2) behind');
  expect(await stint.ok("explain", "5")).toContain(
    "Waiting: label team=a is at its limit of 1 running task.",
  );
  letEnd(stint, "b");
  await stint.reach(3, "running");
  expect(stint.record(5).status.state).toBe("queued");
  letEnd(stint, "d");
  await stint.reach(5, "running");
  for (const name of ["a", "c", "e"]) letEnd(stint, name);
  for (const number of [1, 3, 5]) await stint.reach(number, "completed");
});

test.concurrent("dropIfRunning is refused at the prompt where the lane is busy, and leaves a cancelled record from the inbox", async () => {
  await using stint = new Stint();
  await stint.up();
  await waiting(stint, "a");
  await stint.reach(1, "running");
  const refused = await stint.run(["submit", "--slot", "lane", "--admission", "dropIfRunning", "--", "true"]);
  expect([refused.code, refused.out]).toEqual([7, ""]);
  expect(refused.err).toContain('the lane "lane" is busy, 000001-a runs in it [SLOT_BUSY]');
  const yaml = "name: late\nslot: lane\nadmission: dropIfRunning\nrun: 'true'\n";
  writeFileSync(join(stint.home, "inbox", "late.yaml"), yaml);
  const late = await stint.reach(2, "cancelled");
  expect([late.status.reason, late.status["message"]]).toEqual([
    "SlotBusy",
    "the lane lane is busy: 000001-a runs in it",
  ]);
  letEnd(stint, "a");
  await stint.reach(1, "completed");
  await stint.ok("submit", "--slot", "lane", "--admission", "dropIfRunning", "--", "true");
  await stint.reach(3, "completed");
});

test.concurrent("a replacement starts once no process of the replaced job is left", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "4");
  // It ends at once when it is asked to, but leaves a child behind that must be killed.
  const child = `sh -c 'trap "" TERM; echo $$ > $HOME/deaf; while :; do sleep 0.02; done'`;
  const job = `${child} & trap 'exit 0' TERM; wait`;
  await stint.run(["submit", "-"], {
    input: `name: old\nslot: lane\nstopGrace: 300ms\nrun: |\n  ${job}\n`,
  });
  await until("the child is deaf", () => stint.textOf("deaf") !== "");
  await stint.ok("submit", "--name", "behind", "--slot", "lane", "--", "sh", "-c", NOTING);
  const look = "grep -qs 'State:.[DRS]' /proc/$(cat $HOME/deaf)/status && echo overlap >> $HOME/lines";
  const replace = ["--slot", "lane", "--admission", "replace"];
  await stint.ok("submit", "--name", "next", ...replace, "--", "sh", "-c", `${look}; ${NOTING}`);
  await stint.reach(2, "completed");
  expect(lines(stint)).toEqual(inTurn("next", "behind"));
  expect(stint.record(1).status).toMatchObject({ state: "cancelled", reason: "Superseded" });
});

test.concurrent("the second of two replacements in a row runs, whatever happened to the supervisor", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  await waiting(stint, "a");
  await stint.reach(1, "running");
  first.kill("SIGKILL");
  await first.exited;
  await waiting(stint, "b", "--admission", "replace");
  await waiting(stint, "c", "--admission", "replace");
  await stint.up();
  await stint.reach(3, "running");
  const ends = [1, 2].map((number) => stint.record(number).status);
  expect(ends.map(({ state, reason }) => `${state} ${reason}`)).toEqual([
    "cancelled Superseded",
    "cancelled Superseded",
  ]);
  letEnd(stint, "c");
  await stint.reach(3, "completed");
  expect(begun(stint)).toBe("a c");
});

test.concurrent("a unique key is queued once, however many commands submit it at the same time", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "2");
  const submit = [
    "submit",
    "--unique",
    "nightly",
    "--name",
    "job",
    "--",
    "sh",
    "-c",
    "echo x >> $HOME/begun; sleep 30",
  ];
  const all = await Promise.all(Array.from({ length: 6 }, () => stint.run(submit)));
  expect(all.map(({ code }) => code)).toEqual(all.map(() => 0));
  await until("all but one are off", () => {
    const open = stint.records().filter(({ status }) => status.state !== "cancelled");
    return open.length === 1 && open[0]?.status.state === "running";
  });
  const [only] = stint.records().filter(({ status }) => status.state === "running");
  const off = stint.records().filter(({ status }) => status.state === "cancelled");
  expect(off.map(({ status }) => status.reason)).toEqual(off.map(() => "Duplicate"));
  const again = await stint.run(submit);
  expect(again).toMatchObject({ code: 0, out: `${only?.metadata.id}\n` });
  expect(again.err).toContain("not ended yet, has the key nightly");
  expect(await stint.run(["submit", "--quiet", ...submit.slice(1)])).toEqual({
    code: 0,
    out: `${only?.metadata.id}\n`,
    err: "",
  });
  await until("it has begun", () => begun(stint) === "x");
  await stint.ok("cancel", "--force", String(only?.metadata.number));
  await stint.reach(only?.metadata.number ?? 0, "cancelled");
  // What comes to the inbox is looked at later, and leaves a record.
  const late = "name: late\nunique: inbox\nrun: sleep 30\n";
  for (const name of ["one", "two"]) writeFileSync(join(stint.home, "inbox", `${name}.yaml`), late);
  const isOff = (): boolean =>
    stint
      .records()
      .some(({ metadata, status }) => metadata["name"] === "late" && status.reason === "Duplicate");
  await until("the second is off", isOff);
  // Once it has ended, the key is free.
  rmSync(join(stint.root, "begun"));
  const free = await stint.ok(...submit);
  expect(free).not.toBe(only?.metadata.id);
  await until("it runs", () => begun(stint) === "x");
});

test.concurrent("the first of many commands that submit one key queues it, and the others name it and wait for it", async () => {
  await using stint = new Stint();
  const job = ["--", "sh", "-c", "while [ ! -e $HOME/go ]; do sleep 0.05; done; exit 3"];
  const race = (count: number, ...flags: string[]) =>
    Array.from({ length: count }, (_, index) =>
      stint.start(["submit", "--unique", "one", "--name", `job-${index}`, ...flags, ...job]),
    );
  // No supervisor runs.
  const queued = await Promise.all(race(30).map(({ stdout }) => new Response(stdout).text()));
  const [only, ...others] = stint.records();
  expect(others).toEqual([]);
  expect(new Set(queued)).toEqual(new Set([`${only?.metadata.id}\n`]));
  await stint.ok("cancel", "1");
  await stint.up();
  const waiters = race(10, "--wait");
  // They tell what they wait for before it ends.
  const told = await Promise.all(waiters.map(async ({ stdout }) => (await stdout.getReader().read()).value));
  writeFileSync(join(stint.root, "go"), "");
  expect(await Promise.all(waiters.map(({ exited }) => exited))).toEqual(waiters.map(() => 3));
  const late = stint.records().filter(({ metadata }) => metadata.number > 1);
  expect(late.map(({ status }) => status.state)).toEqual(["failed"]);
  expect(new Set(told.map((bytes) => new TextDecoder().decode(bytes)))).toEqual(
    new Set([`${late[0]?.metadata.id}\n`]),
  );
  expect(stint.files("locks")).not.toContain("submit");
});

test.concurrent("a submit that dies while it queues a task with a key delays no other", async () => {
  await using stint = new Stint();
  const submit = ["submit", "--unique", "one", "--", "true"];
  const killed = await stint.run(submit, { env: { STINT_FAILPOINT: "batch:staged" } });
  expect(killed.code).toBe(137);
  expect(stint.files("locks/submit")).toEqual(["supervisor.lock"]);
  expect(await stint.ok(...submit)).toBe("000002-true");
  expect(stint.files("locks")).not.toContain("submit");
  // What the dead submit left goes with the next supervisor.
  await stint.run(["submit", "--unique", "two", "--", "true"], { env: { STINT_FAILPOINT: "batch:staged" } });
  await stint.ok("drain");
  expect(stint.files("locks")).toEqual([]);
});

test.concurrent("one of many tasks that do not wait for a lane gets it", async () => {
  await using stint = new Stint();
  const submit = ["submit", "--slot", "lane", "--admission", "dropIfRunning", "--", "true"];
  const all = await Promise.all(Array.from({ length: 12 }, () => stint.run(submit)));
  expect(all.filter(({ code }) => code === 0)).toHaveLength(1);
  expect(all.filter(({ code }) => code === 7)).toHaveLength(11);
  expect(stint.records()).toHaveLength(1);
});

test.concurrent("set moves a queued task to another lane, and no priority passes the order of a lane", async () => {
  await using stint = new Stint();
  for (const name of ["a", "b", "c", "d"])
    await stint.ok("submit", "--name", name, "--slot", "lane", "--", "sh", "-c", NOTING);
  await stint.ok("set", "2", "slot=other", "priority=9");
  await stint.ok("set", "4", "priority=900");
  await stint.ok("hold", "1");
  await stint.ok("drain", "--jobs", "1");
  // A held task stands beside its lane.
  expect(lines(stint)).toEqual(inTurn("b", "c", "d"));
  await stint.ok("release", "1");
  await stint.ok("drain");
  expect(lines(stint)).toEqual(inTurn("b", "c", "d", "a"));
});
