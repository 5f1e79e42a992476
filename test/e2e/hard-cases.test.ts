import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

test("a job whose run folder was removed is not started a second time", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  await stint.ok("submit", "--", "sleep", "60");
  const { status } = await stint.reach(1, "running");
  first.kill("SIGKILL");
  await first.exited;
  rmSync(join(stint.home, "runs"), { recursive: true });
  await stint.up("--jobs", "2");
  await stint.ok("submit", "--name", "other", "--", "true");
  await stint.reach(2, "completed");
  const after = stint.record(1).status;
  expect([after.state, after.attempts.length]).toEqual(["running", 1]);
  expect(markedProcesses(status.attempts[0]?.token ?? "")).not.toEqual([]);
});

test("a stale down request does not end the next supervisor", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  first.kill("SIGSTOP");
  const down = stint.start(["down"]);
  await until("the request is there", () => stint.files("requests").some((name) => name.endsWith(".json")));
  first.kill("SIGKILL");
  await first.exited;
  const second = await stint.up();
  await down.exited;
  await stint.ok("submit", "--", "true");
  await stint.reach(1, "completed");
  expect(second.exitCode).toBeNull();
});

test("inbox files with unusable names are refused with the reason, and stop nothing else", async () => {
  await using stint = new Stint();
  await stint.up();
  const inbox = join(stint.home, "inbox");
  const raw = Buffer.concat([Buffer.from(`${inbox}/caf`), Buffer.from([0xe9]), Buffer.from(".yaml")]);
  writeFileSync(raw, "run: true\n");
  writeFileSync(join(inbox, `${"n".repeat(250)}.yaml`), "run: true\n");
  writeFileSync(join(inbox, "..yaml.yaml"), "run: true\n");
  writeFileSync(join(inbox, "ok.yaml"), "name: ok\nrun: true\n");
  await stint.reach(1, "completed");
  const told = ["..yaml.yaml", "caf\uFFFD.yaml", `${"n".repeat(40)}….yaml`];
  await until("they are refused", () =>
    told.every((name) => stint.files("inbox/.rejected").includes(`${name}.error.txt`)),
  );
  const reasons = told.map((name) => readFileSync(join(inbox, ".rejected", `${name}.error.txt`), "utf8"));
  expect(reasons).toEqual([
    expect.stringContaining("its name begins with two dots"),
    expect.stringContaining("its name is not UTF-8"),
    expect.stringContaining("its name has 255 bytes, wanted at most 200"),
  ]);
  expect(stint.files("inbox").filter((name) => !name.startsWith("."))).toEqual([]);
  expect(stint.records()).toHaveLength(1);
});

test("a supervisor outlives the process that reads its log", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await supervisor.stdout.cancel();
  await stint.ok("submit", "--", "true");
  await stint.reach(1, "completed");
  await stint.ok("submit", "--", "true");
  await stint.reach(2, "completed");
  expect(supervisor.exitCode).toBeNull();
});

test("a record that was edited by hand in pending/ counts as edited", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "1");
  await stint.ok("submit", "--name", "first", "--", "sh", "-c", "while [ ! -e go ]; do sleep 0.05; done");
  await stint.reach(1, "running");
  await stint.ok("submit", "--name", "second", "--", "true");
  // What is edited before the supervisor has read it is what was submitted.
  const audit = join(stint.home, "audit.ndjson");
  await until("it was read", () => /task_queued.*000002-second/.test(readFileSync(audit, "utf8")));
  const path = join(stint.home, "pending", "000002-second.json");
  await Bun.write(path, (await Bun.file(path).text()).replace('"hold": false', '"hold": true'));
  writeFileSync(join(stint.root, "go"), "");
  await stint.reach(1, "completed");
  await until("the edit is on record", () => stint.record(2).metadata.generation === 2);
  expect(stint.record(2)).toMatchObject({ status: { state: "queued" }, spec: { hold: true } });
});

test("a record that is being saved when its turn comes lets others start, and starts as saved", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "1");
  await stint.ok("submit", "--", "sh", "-c", "while [ ! -e go ]; do sleep 0.05; done");
  await stint.reach(1, "running");
  await stint.ok("submit", "--name", "second", "--", "true");
  await stint.ok("submit", "--name", "third", "--", "true");
  const audit = join(stint.home, "audit.ndjson");
  await until("they were read", () => /task_queued.*000003-third/.test(readFileSync(audit, "utf8")));
  const path = join(stint.home, "pending", "000002-second.json");
  const text = readFileSync(path, "utf8").replace('"priority": 0', '"priority": 7');
  writeFileSync(path, "");
  writeFileSync(join(stint.root, "go"), "");
  await stint.reach(3, "completed");
  expect(readFileSync(path, "utf8")).toBe("");
  writeFileSync(path, text);
  expect(await stint.reach(2, "completed")).toMatchObject({
    metadata: { generation: 2 },
    spec: { priority: 7 },
  });
  expect(stint.files("pending")).toEqual([]);
});

test("a record that was edited into invalid JSON is put aside and reported", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  const path = join(stint.home, "pending", "000001-true.json");
  await Bun.write(path, (await Bun.file(path).text()).replace('"priority": 0', '"priority": "high"'));
  await stint.ok("drain");
  expect(stint.files("pending/.corrupt")).toEqual(["000001-true.json"]);
});

test("records that are damaged are told of below every listing", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--hold", "--", "true");
  await stint.ok("submit", "--name", "long", "--", "sleep", "60");
  const { status } = await stint.reach(2, "running");
  supervisor.kill("SIGKILL");
  await supervisor.exited;
  writeFileSync(join(stint.home, "pending", "000001-true.json"), "garbage");
  expect((await stint.run(["ls"])).err).toContain(
    "The record of 000001-true cannot be read. See `stint doctor`.",
  );
  writeFileSync(join(stint.home, "running", "000002-long.json"), "garbage");
  expect((await stint.run(["ls"])).err).toContain("The records of 2 tasks (1-2) cannot be read.");
  for (const pid of markedProcesses(status.attempts[0]?.token ?? "")) process.kill(pid, "SIGKILL");
});

test("submit --from lets flags override the values of the task", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "one", "--", "true");
  await stint.ok("submit", "--from", "1", "--priority", "7");
  expect(stint.record(2).spec).toMatchObject({ priority: 7 });
});

test("a long name is a reference at its full length", async () => {
  await using stint = new Stint();
  const name = `n${"a".repeat(60)}`;
  await stint.ok("submit", "--name", name, "--", "true");
  expect(await stint.ok("show", name)).toContain("queued");
});

test("every verb and run refuse a home whose lock cannot be read, with an explanation", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  const lock = join(stint.home, "locks", "supervisor.lock");
  await Bun.write(join(lock, "owner.json"), "{");
  const drained = await stint.run(["drain"]);
  expect([drained.code, drained.err]).toEqual([4, expect.stringContaining(lock)]);
  const ran = await stint.run(["run", "--", "true"]);
  expect([ran.code, ran.err]).toEqual([125, expect.stringContaining(lock)]);
});

test("clean works in a home with an invalid request and stray files", async () => {
  await using stint = new Stint();
  await stint.up();
  writeFileSync(join(stint.home, "requests", "stray.json"), "{}");
  writeFileSync(join(stint.home, "incoming", "stray"), "");
  await stint.ok("submit", "--", "true");
  await stint.reach(1, "completed");
  expect(await stint.ok("clean", "--older-than", "0s")).toBe("000001-true removed");
});

test.concurrent.each([
  ["up", 3],
  ["drain", 3],
  ["run", 125],
])(
  "a home that is moved away while a batch is stuck ends %s in words, and comes back whole",
  async (verb, code) => {
    await using stint = new Stint();
    const go = join(stint.root, "go");
    const job = ["sh", "-c", `echo >> ${stint.root}/started; until test -e ${go}; do sleep 0.05; done`];
    if (verb !== "run") await stint.ok("submit", "--", ...job);
    const supervisor = stint.start(verb === "run" ? ["run", "--", ...job] : [verb]);
    await stint.reach(1, "running");
    mkdirSync(join(stint.home, "tmp", "stuck"));
    writeFileSync(join(stint.home, "tmp", "stuck", "journal"), "");
    // What stands in the place of a segment cannot be moved away.
    mkdirSync(join(stint.home, "journal", "stuck.batch", "in-the-way"), { recursive: true });
    renameSync(join(stint.home, "tmp", "stuck"), join(stint.home, "incoming", "stuck"));
    await until("it is stuck", () => stint.textOf("home/obstacle.json").includes('{"batch":"stuck"'));
    const moved = join(stint.root, "moved");
    renameSync(stint.home, moved);
    expect(await supervisor.exited).toBe(code);
    const said = await new Response(supervisor.stderr).text();
    expect(said).toContain(`Cannot go on with the home "${stint.home}": it was moved or removed`);
    expect(existsSync(stint.home)).toBeFalse();
    renameSync(moved, stint.home);
    writeFileSync(go, "");
    await stint.up();
    expect((await stint.reach(1, "completed")).status.attempts).toHaveLength(1);
    expect(stint.textOf("started")).toBe("\n");
  },
);

test("an id that is gone is not found, and is not taken for unreadable tasks of the same name", async () => {
  await using stint = new Stint();
  for (const number of [1, 2]) {
    await stint.ok("submit", "--hold", "--", "true");
    writeFileSync(join(stint.home, "pending", `00000${number}-true.json`), "{");
  }
  const shown = await stint.run(["show", "000009-true"]);
  expect(shown).toMatchObject({ code: 3, err: expect.stringContaining('"000009-true"') });
});
