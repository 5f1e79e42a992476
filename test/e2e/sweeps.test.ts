import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

interface Summary {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly ended: number;
  readonly states: Record<string, number>;
  readonly failures: readonly { readonly code: string; readonly members: readonly string[] }[];
  readonly failed: readonly { readonly number: number; readonly values: Record<string, string> }[];
}

async function summary(stint: Stint, reference: string): Promise<Summary> {
  return JSON.parse(await stint.ok("show", reference, "--json")) as Summary;
}

function logOf(stint: Stint, id: string): string {
  return readFileSync(join(stint.home, "runs", id, "1", "output.log"), "utf8");
}

test("a matrix runs each job with its own values", async () => {
  await using stint = new Stint();
  const yaml = `name: train
run: echo \${{ matrix.lr }} "\${{ matrix.note }}" $STINT_VALUE_LR "$STINT_VALUE_NOTE" $STINT_SWEEP_INDEX/$STINT_SWEEP_SIZE
matrix: {lr: [0.10, 0.01, 1], note: [plain, "it's $HOME; *"]}
maxParallel: 2
maxFailures: 3
`;
  const submitted = await stint.run(["submit", "-"], { input: yaml });
  const ids = [1, 2, 3, 4, 5, 6].map((index) => `00000${index}-train-${index}`);
  expect(submitted).toEqual({ code: 0, out: ids.map((id) => `${id}\n`).join(""), err: "" });
  await stint.ok("drain");
  const notes = ["plain", "it's $HOME; *"];
  const expected = ["0.10", "0.01", "1"].flatMap((lr) => notes.map((note) => `${lr} ${note} ${lr} ${note}`));
  expect(ids.map((id) => logOf(stint, id))).toEqual(
    expected.map((line, index) => `${line} ${index + 1}/6\n`),
  );
  expect(stint.record(4).metadata["group"]).toEqual({
    id: 1,
    name: "train",
    index: 4,
    size: 6,
    values: { lr: "0.01", note: "it's $HOME; *" },
    maxParallel: 2,
    maxFailures: 3,
  });
});

test("a failed member is shown with its values, and can be retried by the name of its sweep", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "before", "--", "false");
  const job = ["sh", "-c", 'test "$STINT_VALUE_N" != 2 || test -e go'];
  await stint.ok("submit", "--name", "job", "--matrix", "n=1-3", "--", ...job);
  expect((await stint.run(["drain"])).code).toBe(1);
  expect((await stint.run(["wait", "job"])).code).toBe(1);
  expect(await summary(stint, "job")).toMatchObject({
    id: 2,
    name: "job",
    size: 3,
    ended: 3,
    states: { completed: 2, failed: 1 },
    failures: [{ code: "EXIT_NONZERO", members: ["000003-job-2"] }],
    failed: [{ number: 3, values: { n: "2" } }],
  });
  expect(await stint.ok("show", "3")).toContain("job, member 2 of 3: n=2");
  const shown = await stint.ok("show", "job");
  expect(shown).toContain("sweep job  2 completed, 1 failed");
  expect(shown).toContain("3 of 3 ended");
  expect(shown).toMatch(/3 {2}n=2 +failed +exit 1: no output/);
  expect(shown).toContain("again: stint retry --group 2 --failed");
  writeFileSync(join(stint.root, "go"), "");
  expect(await stint.ok("retry", "--group", "job", "--failed")).toBe("000003-job-2 queued");
  await stint.ok("drain");
  expect((await stint.run(["wait", "--group", "2"])).code).toBe(0);
  expect(await summary(stint, "job")).toMatchObject({ states: { completed: 3 }, failed: [] });
  expect(stint.record(1).status.state).toBe("failed");
});

test("wait on a sweep waits for all members and mirrors the worst exit code, also of one that had ended before", async () => {
  await using stint = new Stint();
  await stint.up();
  const job = ["sh", "-c", "sleep 0.$((STINT_VALUE_INDEX * 2)); exit $((STINT_VALUE_INDEX % 2 * 7))"];
  await stint.ok("submit", "--name", "job", "--array", "1-2", "--", ...job);
  await stint.reach(1, "failed");
  const waited = await stint.run(["wait", "job"]);
  expect(waited.code).toBe(7);
  expect(waited.out.trim().split("\n")).toHaveLength(2);
});

test("ls folds a sweep with many queued members, and shows them on request", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "small", "--array", "1-3", "--hold", "--", "true");
  await stint.ok("submit", "--name", "big", "--array", "1-40", "--hold", "--", "true");
  await stint.ok("cancel", "4");
  const folded = await stint.ok("ls");
  expect(folded).toMatch(
    /^1 {2}.*small-1 .*\n2 .*\n3 .*\n4-43 +big +queued +- .* sweep: 39 queued, 1 cancelled$/m,
  );
  expect(folded).not.toContain("big-");
  for (const flags of [["--all"], ["--group", "big"], ["--name", "big-*"]]) {
    expect((await stint.ok("ls", ...flags)).split("\n").filter((line) => line.includes("big-"))).toHaveLength(
      40,
    );
  }
  expect(JSON.parse(await stint.ok("ls", "--json"))).toHaveLength(43);
  expect(await stint.ok("stats", "--group", "small")).toContain("queued         3");
});

test("the name of a sweep selects the members that a verb applies to, and of several sweeps the one that is unfinished", async () => {
  await using stint = new Stint();
  const submit = async (): Promise<string> =>
    stint.ok("submit", "--name", "job", "--array", "1-2", "--", "true");
  await submit();
  await stint.ok("drain");
  expect((await stint.run(["cancel", "job"])).err).toContain("nothing was done");
  await submit();
  expect((await summary(stint, "job")).id).toBe(3);
  expect(await stint.ok("cancel", "job")).toBe("000003-job-1 cancelled\n000004-job-2 cancelled");
  const ambiguous = await stint.run(["retry", "job"]);
  expect(ambiguous.code).toBe(2);
  expect(ambiguous.err).toContain("the latest are 3, 1");
  expect((await summary(stint, "2")).id).toBeUndefined();
  expect(JSON.parse(await stint.ok("show", "--group", "2", "--json"))).toMatchObject({ id: 1, ended: 2 });
  expect((await stint.run(["show", "--group", "nothing"])).code).toBe(3);
  expect((await stint.run(["set", "job", "priority=1"])).code).toBe(2);
  // A task of that name comes first.
  await stint.ok("submit", "--name", "job", "--", "true");
  expect((await summary(stint, "job")) as unknown).toMatchObject({ metadata: { number: 5 } });
});

test("flags make a sweep of a file, and override its own keys", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "a.csv"), 'who,what\nada,"x, y"\n');
  const file = join(stint.root, "a.yaml");
  writeFileSync(file, "run: echo $STINT_VALUE_WHO\nmatrix: {who: [1, 2, 3]}\nmaxParallel: 1\n");
  const namesOf = async (...flags: string[]): Promise<unknown> =>
    (
      JSON.parse(await stint.ok("submit", "--dry-run", "--json", ...flags)) as {
        name: string;
        group: unknown;
      }[]
    ).map(({ name, group }) => [name, group]);
  expect(await namesOf("--each", "a.csv", "--max-parallel", "2", "--name", "job", file)).toEqual([
    ["job-1", { name: "job", index: 1, size: 1, values: { who: "ada", what: "x, y" }, maxParallel: 2 }],
  ]);
  expect(await namesOf("--max-failures", "1", file)).toHaveLength(3);
  const echo = ["--", "echo", "${{ matrix.a }}${{ matrix.b }}"];
  expect(
    await namesOf("--matrix", "a=x,y", "--matrix", "b={from: 2, to: 1, step: -1}", ...echo),
  ).toHaveLength(4);
  for (const wrong of [
    ["--matrix", "a"],
    ["--matrix", "a=1,1"],
    ["--array", "x"],
    ["--max-parallel", "2"],
  ]) {
    expect((await stint.run(["submit", ...wrong, "--", "true"])).code).toBe(2);
  }
  const late = await stint.run(["submit", file, "--env", "A=${{ matrix.who }}"]);
  expect(late.code).toBe(2);
  expect(late.err).toContain("wanted a value without placeholders, as it overrides a task file");
  expect(stint.records()).toEqual([]);
});

test("validate counts the members and shows the first few; data files are found beside the task file, in the inbox too", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "hosts.txt"), "one\ntwo\nthree\nfour\nfive\n");
  const text = "name: ping\nrun: echo ${{ each.line }}\neach: hosts.txt\n";
  writeFileSync(join(stint.root, "ping.yaml"), text);
  const valid = await stint.run(["validate", join(stint.root, "ping.yaml")], { cwd: "/" });
  expect(valid.out).toBe(
    "valid: 5 tasks, ping\nsweep ping: 5 members\n  ping-1  line=one\n  ping-2  line=two\n  ping-3  line=three\n  …\n  ping-5  line=five\n",
  );
  writeFileSync(join(stint.root, "hosts.txt"), "one\ntwo\nthree\nfour\n");
  const short = await stint.run(["validate", join(stint.root, "ping.yaml")], { cwd: "/" });
  expect(short.out).toEndWith("  ping-3  line=three\n  ping-4  line=four\n");
  await stint.up();
  writeFileSync(join(stint.home, "inbox", "hosts.txt"), "six\n");
  writeFileSync(join(stint.home, "inbox", "ping.yaml"), text);
  const ended = await stint.reach(1, "completed");
  expect(logOf(stint, ended.metadata.id)).toBe("six\n");
});

test("a task that a job submits does not inherit the job's sweep values", async () => {
  await using stint = new Stint();
  const inner = `${join(process.cwd(), "dist/stint")} submit --name inner -- env`;
  await stint.ok("submit", "--matrix", "a=1", "--", "sh", "-c", inner);
  await stint.ok("drain");
  const environment = logOf(stint, "000002-inner");
  expect(environment).toContain("STINT_TASK_NAME=inner");
  expect(environment).not.toContain("STINT_VALUE_");
  expect(environment).not.toContain("STINT_SWEEP_");
});

test("ten thousand members are accepted, listed and shown", async () => {
  await using stint = new Stint();
  const submitted = await stint.ok("submit", "--name", "big", "--array", "1-10000", "--", "true");
  expect(submitted.split("\n")).toHaveLength(10_000);
  expect(submitted).toEndWith("010000-big-10000");
  expect(await stint.ok("ls")).toContain("sweep: 10000 queued");
  expect(await summary(stint, "big")).toMatchObject({ size: 10_000, states: { queued: 10_000 } });
}, 300_000);
