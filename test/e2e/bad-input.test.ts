import { expect, test } from "bun:test";
import { chownSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { Stint } from "../rig/stint.ts";

const isRoot = userInfo().uid === 0;

/** Command lines that are refused, with their exit code and what must be said. */
const REFUSED: readonly (readonly [string, { args: readonly string[]; code: number; says: string }])[] = [
  ["a mistyped verb", { args: ["sumbit", "x.yaml"], code: 2, says: "did you mean `stint submit`?" }],
  ["an unknown flag", { args: ["ls", "--colour"], code: 2, says: '"ls" has no flag "--colour"' }],
  ["nothing to queue", { args: ["submit"], code: 2, says: "wanted a task file" }],
  [
    "a shell line as one word",
    { args: ["submit", "--", "echo $HOME | cat"], code: 2, says: "sh -c 'echo $HOME | cat'" },
  ],
  ["an empty command", { args: ["submit", "--"], code: 2, says: "there is none after --" }],
  ["a file that is not there", { args: ["submit", "no.yaml"], code: 3, says: '"no.yaml": no such file [' }],
  [
    "a word that is no file",
    { args: ["submit", "make"], code: 3, says: "put -- before it: stint submit -- make" },
  ],
  [
    "a command without --",
    {
      args: ["run", "-q", "make", "all"],
      code: 125,
      says: "put -- before it: stint run -q -- make all",
    },
  ],
  [
    "a flag of a script",
    {
      args: ["submit", "-c", "2", "train.sh", "a.csv", "--epochs", "3"],
      code: 2,
      says: "follow --: stint submit -c 2 train.sh -- a.csv --epochs 3",
    },
  ],
  [
    "a flag of a program",
    {
      args: ["submit", "python3", "train.py", "--epochs", "3"],
      code: 2,
      says: "follow --: stint submit -- python3 train.py --epochs 3",
    },
  ],
  [
    "a line as a file",
    {
      args: ["submit", "make all", "-c", "2"],
      code: 3,
      says: "to queue this line: stint submit -- make all",
    },
  ],
  [
    "a path through a file",
    { args: ["submit", "/etc/passwd/x"], code: 3, says: "is a file, wanted a folder" },
  ],
  [
    "a schedule that is not there",
    { args: ["schedules", "add", "no.yaml"], code: 3, says: '"no.yaml": no such file [' },
  ],
  ["a folder instead of a file", { args: ["submit", "/"], code: 3, says: "it is a folder" }],
  [
    "a duration without a unit",
    { args: ["submit", "--timeout", "90", "--", "true"], code: 2, says: "write 90s" },
  ],
  ["a bad label", { args: ["submit", "--label", "x", "--", "true"], code: 2, says: "wanted NAME=VALUE" }],
  [
    "a CPU count that can never fit",
    { args: ["submit", "--cpus", "9999", "--", "true"], code: 7, says: "this machine has" },
  ],
  [
    "a GPU where there is none",
    { args: ["submit", "--gpus", "1", "--", "true"], code: 7, says: "asks for 1 GPU, this machine has none" },
  ],
  ["an unknown state", { args: ["ls", "--state", "sleeping"], code: 2, says: "wanted one of queued" }],
  ["an unknown class", { args: ["ls", "--class", "gpu-omm"], code: 2, says: 'did you mean "gpu_oom"?' }],
  ["a task that is not there", { args: ["show", "4711"], code: 3, says: "No task has number 4711" }],
  ["an unknown template", { args: ["init", "helo"], code: 3, says: 'did you mean "hello"?' }],
  ["an unknown shell", { args: ["completion", "tcsh"], code: 2, says: "wanted one of" }],
  [
    "a number of jobs that is none",
    { args: ["up", "--jobs", "many"], code: 2, says: "wanted a whole number" },
  ],
  ["down without a supervisor", { args: ["down"], code: 5, says: "none is running" }],
];

test.each(REFUSED)("%s is refused with its exit code and a message", async (_what, { args, code, says }) => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  const ran = await stint.run(args);
  expect(ran.err).toContain(says);
  expect(ran.code).toBe(code);
  expect(ran.err).not.toMatch(/\n\s+at |Internal error/);
  expect(stint.records()).toHaveLength(1);
});

test("a starter file is not overwritten, except with --force", async () => {
  await using stint = new Stint();
  await stint.ok("init", "hello");
  writeFileSync(join(stint.root, "hello.yaml"), "mine");
  expect(await stint.run(["init", "hello"])).toMatchObject({
    code: 4,
    err: expect.stringContaining("[ALREADY_EXISTS]"),
  });
  expect(stint.textOf("hello.yaml")).toBe("mine");
  await stint.ok("init", "hello", "--force");
  expect(stint.textOf("hello.yaml")).not.toBe("mine");
});

test("validate checks a task as submit would, with the defaults of config.yaml", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--", "true");
  writeFileSync(join(stint.home, "config.yaml"), "defaults: {gpus: 4}\n");
  writeFileSync(join(stint.root, "job.yaml"), 'run: "true"\n');
  for (const verb of ["validate", "submit"])
    expect(await stint.run([verb, "job.yaml"])).toMatchObject({
      code: 7,
      err: expect.stringContaining("[UNPLACEABLE]"),
    });
});

test("every template is valid, a schedule too, which only submit refuses", async () => {
  await using stint = new Stint();
  const templates = readdirSync("templates").filter((name) => name.endsWith(".yaml"));
  expect(templates).toContain("nightly.yaml");
  // The file of a template's envFrom, which its reader writes.
  mkdirSync(join(stint.root, ".config"));
  writeFileSync(join(stint.root, ".config", "nightly.env"), "PING_URL=x\n", { mode: 0o600 });
  for (const name of templates) {
    const { code, err } = await stint.run(["validate", resolve("templates", name)]);
    // A machine without a GPU cannot run some of them.
    expect([name, code, err]).toEqual([name, err.includes("[UNPLACEABLE]") ? 7 : 0, expect.anything()]);
  }
  writeFileSync(join(stint.root, "faulty.yaml"), "every: 6h\ntask: {runn: x}\n");
  expect((await stint.run(["validate", "faulty.yaml"])).err).toContain('faulty.yaml:2:8: "runn" is unknown');
  expect(await stint.run(["submit", resolve("templates/nightly.yaml")])).toMatchObject({
    code: 6,
    err: expect.stringContaining("the file is a schedule, wanted a task file"),
  });
});

test("doctor checks the config.yaml of a home that is not made yet", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home, { mode: 0o700 });
  writeFileSync(join(stint.home, "config.yaml"), "jobs: abc\n");
  expect(await stint.run(["doctor"])).toMatchObject({
    code: 1,
    out: expect.stringContaining('"jobs" is "abc"'),
  });
});

test("all faults of a file are reported at once, each with its place, and nothing is queued", async () => {
  await using stint = new Stint();
  const input = "name: ok\nrun: true\n---\nrunn: x\ntimeout: 5\nsecurity: {a: [1]}\n";
  const ran = await stint.run(["submit", "-"], { input });
  expect(ran.code).toBe(6);
  expect(ran.err).toContain("stdin:4:1");
  expect(ran.err).toContain("did you mean run?");
  expect(ran.err).toContain("stdin:5:10");
  expect(ran.err).toContain('"security" is not supported yet');
  expect(readdirSync(stint.root)).toEqual(["runtime"]);
});

test.each([
  ["a file of 3 GB", "exec stint submit big.yaml", "it is larger than 10 MiB (3221225472 bytes)"],
  ["a link to it", "ln -s big.yaml l.yaml; exec stint submit l.yaml", "(3221225472 bytes)"],
  ["a device without an end", "exec stint submit /dev/zero", "it is larger than 10 MiB"],
  ["stdin without an end", "exec stint submit - < /dev/zero", "it is larger than 10 MiB"],
  ["a pipe without an end", "yes 'run: a' | { exec stint submit -; }", "it is larger than 10 MiB"],
  [
    "the rows of a sweep",
    "printf 'run: a\\neach: big.csv\\n' | { exec stint submit -; }",
    "(3221225472 bytes)",
  ],
])("%s is refused before it is read", async (_what, line, says) => {
  await using stint = new Stint();
  for (const name of ["big.yaml", "big.csv"]) {
    writeFileSync(join(stint.root, name), "");
    truncateSync(join(stint.root, name), 3 * 2 ** 30);
  }
  const shell = Bun.spawn(["bash", "-c", line.replace("stint submit", `${stint.executable} submit`)], {
    cwd: stint.root,
    env: stint.env,
    stdin: "ignore",
    stderr: "pipe",
  });
  expect(await new Response(shell.stderr).text()).toContain(says);
  expect(await shell.exited).toBe(6);
});

test("submit reads a task file from a pipe", async () => {
  await using stint = new Stint();
  const line = `${stint.executable} submit <(sleep 0.1; echo 'name: piped'; echo 'run: a')`;
  const shell = Bun.spawn(["bash", "-c", line], { cwd: stint.root, env: stint.env, stdin: "ignore" });
  expect(await new Response(shell.stdout).text()).toBe("000001-piped\n");
});

test("a home of a newer stint is refused and left unchanged", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  writeFileSync(join(stint.home, "home.json"), '{"version": 99}\n');
  const before = readdirSync(stint.home, { recursive: true });
  for (const args of [["submit", "--", "true"], ["ls"], ["drain"], ["up"], ["cancel", "1"]]) {
    const ran = await stint.run(args);
    expect([ran.code, ran.err]).toEqual([4, expect.stringContaining("version 99")]);
  }
  expect(readdirSync(stint.home, { recursive: true })).toEqual(before);
});

test.skipIf(!isRoot)("a home of another user is refused", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home);
  chownSync(stint.home, 12_345, 12_345);
  const ran = await stint.run(["submit", "--", "true"]);
  expect([ran.code, ran.err]).toEqual([7, expect.stringContaining("belongs to user 12345")]);
});

test("a home that is a file is refused", async () => {
  await using stint = new Stint();
  writeFileSync(stint.home, "");
  const ran = await stint.run(["submit", "--", "true"]);
  expect(ran.code).toBe(7);
  expect(ran.err).not.toContain("Internal error");
});

test("a corrupt record is put aside and reported, and does not stop the others", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  writeFileSync(join(stint.home, "pending", "000099-empty.json"), "");
  writeFileSync(join(stint.home, "pending", "000098-half.json"), '{"formatVersion": 1, "meta');
  expect((await stint.run(["doctor"])).code).toBe(1);
  await stint.ok("drain");
  expect(stint.record(1).status.state).toBe("completed");
  expect(readdirSync(join(stint.home, "pending", ".corrupt")).toSorted()).toEqual([
    "000098-half.json",
    "000099-empty.json",
  ]);
  expect(await stint.ok("submit", "--", "true")).toBe("000100-true");
});

test.skipIf(!isRoot)("on a full disk submit refuses and acknowledges nothing", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home);
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", stint.home]);
  expect(mounted.exitCode).toBe(0);
  try {
    await stint.ok("submit", "--", "true");
    const filler = join(stint.home, "filler");
    Bun.spawnSync(["dd", "if=/dev/zero", `of=${filler}`, "bs=1k", "count=512"], { stderr: "ignore" });
    const refused = await stint.run(["submit", "--", "true"]);
    expect(refused.code).toBe(7);
    expect(refused.err).toContain("[DISK_FULL]");
    expect(refused.out).toBe("");
    expect(stint.records()).toHaveLength(1);
    Bun.spawnSync(["rm", filler]);
    await stint.ok("drain");
    expect(stint.records().map(({ status }) => status.state)).toEqual(["completed"]);
  } finally {
    Bun.spawnSync(["umount", "-l", stint.home]);
  }
});
