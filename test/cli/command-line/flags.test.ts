import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { long } from "../../../src/cli/command-line/usage.ts";
import { Stint } from "../../rig/stint.ts";
import { allVerbs } from "./verbs.ts";

const VERBS = await allVerbs();

/** What is wrong for a flag that would take "abc". */
const WRONG: Readonly<Record<string, string>> = {
  name: "a b",
  jobName: "a b",
  slot: "a b",
  unique: "a b",
  topic: "a b",
  def: "a b",
  key: "a b",
  to: "a b",
  artifacts: "/abc",
  after: "a b",
  afterAny: "a b",
  afterFailed: "a b",
  afterOneOf: "a b",
  dependency: "a b",
  image: "a b",
  cwd: "",
  gpuModel: "",
  gpus: "0,,1",
  each: "abc.csv",
  set: "priority=abc",
};

/** Any text that is not empty may be meant: there may be a task, a sweep, a lane, a file of that name. */
const OPEN = (
  "name slot topic group from output before after envFile grep sort by code copy socket " +
  // Words of a site of Slurm, which have no effect here, and texts.
  "partition account qos constraint nodelist exclude reservation licenses " +
  "mailType mailUser comment export error wrap nice"
).split(" ");

/** The rest of a command line that is right, by the words of the verb. */
const REST: Readonly<Record<string, readonly string[]>> = {
  submit: ["--", "true"],
  run: ["--", "true"],
  set: ["1", "priority=1"],
  logs: ["1"],
  retry: ["1"],
  "schedules add": ["--name", "x", "--every", "6h", "--", "true"],
};

/** An own error where the exit code is the task's. */
const MIRRORING = ["run", "wait"];

const rows = VERBS.flatMap(([verb, { flags }]) =>
  Object.entries(flags).flatMap(([flag, { value }]) => {
    if (value === undefined) return [];
    const isTaskFlag = ["submit", "run"].includes(verb) && value.read("") !== null;
    const isOpen = !isTaskFlag && OPEN.includes(flag) && value.read("a b") !== null;
    const typed = isOpen ? "" : value.read("abc") === null ? "abc" : (WRONG[flag] ?? "abc");
    return [[verb, long(flag), typed] as const];
  }),
);

describe("a flag", () => {
  test("is in the table below for every value that a verb takes", () => {
    expect(rows.length).toBeGreaterThan(100);
  });

  test("that is given a wrong value is refused by its name, whatever the verb, and nothing is done", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--", "true");
    const wrong: unknown[] = [];
    for (const [verb, flag, typed] of rows) {
      const rest = REST[verb] ?? [];
      const cut = rest.includes("--") ? rest.indexOf("--") : rest.length;
      const line = [...verb.split(" "), ...rest.slice(0, cut), flag, typed, ...rest.slice(cut)];
      // One after the other: some of a machine's cores are for others.
      const { code, err } = await stint.run(line);
      const isRefused = code === (MIRRORING.includes(verb) ? 125 : 2);
      if (!isRefused || !err.startsWith(`stint: Cannot read the command line: ${flag} `))
        wrong.push([line, code, err]);
    }
    expect(wrong).toEqual([]);
    expect(stint.records()).toHaveLength(1);
  });

  test.each([
    [["--max-parallel", "2"], "--max-parallel has no effect without a sweep"],
    [["--array", "abc"], '--array is "abc"'],
    [["--matrix", "a=[]"], "--matrix a "],
    [["--priority", "abc"], '--priority is "abc"'],
    [["--admission", "replace"], "--admission has no effect without --slot"],
    [["--gpus", "0", "--vram", "1GB"], "--gpus is 0, but --vram asks for one"],
    [["--each", "no.csv"], "--each cannot be read"],
    [["--env", "A=${{ matrix.x }}"], '--env A is "${{ matrix.x }}"'],
  ])("over a task file is told of by its name, not by a line of the file: %j", async (flags, says) => {
    await using stint = new Stint();
    writeFileSync(join(stint.root, "job.yaml"), 'run: "true"\n');
    const { code, err } = await stint.run(["submit", "job.yaml", ...flags]);
    expect(err).toStartWith(`stint: Cannot read the command line: ${says}`);
    expect(err).not.toContain("^");
    expect(code).toBe(2);
  });

  test("that nothing could come of is refused, and nothing is dropped in silence", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--", "true");
    writeFileSync(join(stint.root, "job.yaml"), 'run: "true"\n');
    for (const line of [
      ["submit", "--from", "1", "--", "echo", "x"],
      ["submit", "--from", "1", "job.yaml"],
      ["submit", "--from", "1", "--matrix", "a=1,2"],
      ["submit", "--from", "1", "--max-parallel", "2"],
      ["submit", "--dry-run", "--wait", "job.yaml"],
      ["submit", "--timeout", "5s", "--time", "5", "job.yaml"],
      ["submit", "--after", "1", "--dependency", "afterok:1", "job.yaml"],
      ["schedules", "add", "--cron", "* * * * *", "job.yaml"],
      ["schedules", "ls", "x"],
      ["down", "--drain", "--stop-jobs"],
      ["service", "status", "--jobs", "3"],
      ["set", "1"],
      ["set", "priority=1"],
      ["set", "1", "=1"],
      ["logs", "1", "--path", "--follow"],
      ["ls", "--quiet", "--json"],
    ]) {
      const { code, err } = await stint.run(line);
      // With --wait the exit code is the task's.
      const refused = line.includes("--wait") ? 125 : 2;
      expect([line, code, err]).toEqual([
        line,
        refused,
        expect.stringContaining("Cannot read the command line: "),
      ]);
    }
    expect(stint.records()).toHaveLength(1);
  });

  test.each([
    [["--every", "6h", "--"], "there is none after --"],
    [["--every", "6h", "--", "echo hi | cat"], "for a shell line: -- bash -c 'echo hi | cat'"],
    [["--every", "6h", "--", "echo", "${{ matrix.x }}"], "${{ matrix.x }} is a value of a sweep"],
    [["--cron", "0 0 30 2 *", "--", "true"], "--cron "],
  ])(
    "makes a schedule, and what is wrong is told without the file that would be made: %j",
    async (flags, says) => {
      await using stint = new Stint();
      const { code, err } = await stint.run(["schedules", "add", "--name", "tidy", ...flags]);
      expect(err).toContain(says);
      expect(err).not.toContain("^");
      expect(code).toBe(2);
      expect(stint.files("schedules").filter((name) => name.endsWith(".yaml"))).toEqual([]);
    },
  );

  test("has the letter and the names that sbatch, pueue and docker have for it", async () => {
    await using stint = new Stint();
    const same = [
      ["--hold", "--name", "one", "--cpus", "1", "--timeout", "26h", "--env", "A=1", "--cwd", "/"],
      ["-H", "-J", "one", "-c", "1", "-t", "1-2", "-e", "A=1", "-D", "/"],
      ["--stashed", "-Jone", "--cpus-per-task=1", "-t26:00:00", "-eA=1", "--chdir", "/"],
    ];
    for (const flags of same) await stint.ok("submit", ...flags, "--", "true");
    const [first, ...others] = stint.records().map(({ spec }) => spec);
    expect(first).toMatchObject({ timeoutMs: 26 * 3_600_000, hold: true });
    expect(others).toEqual([first ?? {}, first ?? {}]);
    for (const flags of [
      ["--after", "1"],
      ["--depends-on", "1"],
      ["-d", "1"],
      ["-d", "afterok:1"],
    ])
      await stint.ok("submit", ...flags, "--", "true");
    for (const { spec } of stint.records().slice(3))
      expect(spec["after"]).toMatchObject([{ task: "000001-one" }]);
    expect((await stint.run(["submit", "--gres", "gpu:2", "--", "true"])).err).toContain(
      "it asks for 2 GPUs",
    );
    expect((await stint.run(["submit", "-G", "2", "--", "true"])).err).toContain("it asks for 2 GPUs");
    expect(await stint.run(["submit", "-t", "90", "--", "true"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--timeout is 90 without a unit"),
    });
    // With --wait the exit code is the task's.
    expect((await stint.run(["submit", "-HW", "--bogus"])).code).toBe(125);
    expect((await stint.run(["cancel", "-f", "1"])).code).toBe(0);
    expect(JSON.parse(await stint.ok("ls", "-n1", "--json"))).toHaveLength(1);
  });

  test("--env-file names files of variables, over a command and over a task file, and their values stay there", async () => {
    await using stint = new Stint();
    writeFileSync(join(stint.root, "a.env"), "A=the-secret\n", { mode: 0o600 });
    writeFileSync(join(stint.root, "job.yaml"), "run: echo $A | tr a-z A-Z\n");
    for (const rest of [["job.yaml"], ["--", "sh", "-c", "echo $A | tr a-z A-Z"]])
      expect((await stint.run(["run", "--env-file", "a.env", ...rest])).out).toBe("THE-SECRET\n");
    expect(JSON.stringify(stint.records())).not.toContain("the-secret");
  });

  test("--array limits how many run at a time as in Slurm", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "-a", "1-3%2", "--", "echo", "${{ array.index }}");
    expect(stint.records().map(({ metadata }) => metadata["group"])).toMatchObject([
      { size: 3, maxParallel: 2 },
      { size: 3, maxParallel: 2 },
      { size: 3, maxParallel: 2 },
    ]);
  });

  test("of an empty home makes none of the current folder", async () => {
    await using stint = new Stint();
    for (const line of [
      ["--home", "", "submit", "--", "true"],
      ["submit", "--home=", "--", "true"],
    ]) {
      expect(await stint.run(line)).toMatchObject({ code: 2, err: expect.stringContaining('--home is ""') });
    }
    expect(stint.files("..")).toEqual(["runtime"]);
  });
});
