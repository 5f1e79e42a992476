import { expect, test } from "bun:test";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";
import { traced } from "../rig/system-calls.ts";

const ONE = "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806";
const NONE = "0".repeat(64);

async function submit(stint: Stint, yaml: string): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: yaml });
  if (code !== 0) throw new Error(err);
}

function write(stint: Stint, name: string, text: string): string {
  const path = join(stint.root, name);
  writeFileSync(path, text);
  return path;
}

function lastOf(stint: Stint, number: number) {
  const { state, attempts } = stint.record(number).status;
  return { state, ...attempts.at(-1) };
}

test("what data was found to be is on the attempt: in the record, in show, in the variable of the job", async () => {
  await using stint = new Stint();
  const path = write(stint, "one.txt", "one\n");
  mkdirSync(join(stint.root, "two"));
  write(stint, "two/a", "one\n");
  await submit(
    stint,
    `run: echo $STINT_DATASET_ONE_1 $STINT_DATASET_TWO\ndatasets: {one.1: {path: one.txt, sha256: "${ONE}"}, two: two}\n`,
  );
  await stint.run(["drain"]);
  expect(lastOf(stint, 1)).toMatchObject({
    state: "completed",
    datasets: { "one.1": { path, sha256: ONE, bytes: 4 }, two: { files: 1, bytes: 4 } },
  });
  const shown = (await stint.ok("show", "1")).replaceAll(/\s+/g, " ");
  expect(shown).toContain(`data one.1: ${path} (4 B, sha256 ${ONE})`);
  expect(shown).toContain(`data two: ${join(stint.root, "two")} (1 file, 4 B, sha256 `);
  expect(await stint.ok("logs", "1")).toBe(`${path} ${join(stint.root, "two")}`);
});

test("data with another checksum fails the task for good, with what was wanted, what was found and who had it last", async () => {
  await using stint = new Stint();
  const path = write(stint, "data", "one\n");
  const task = `run: echo run >> ran\ndatasets: {d: {path: data, sha256: "${ONE}"}}\n`;
  await submit(stint, `name: first\n${task}`);
  await stint.run(["drain"]);
  write(stint, "data", "two\n");
  await submit(stint, `name: second\n${task}---\nname: third\nprovenance: best-effort\n${task}`);
  await stint.run(["drain"]);
  const is = `${path} has the sha256 27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a, wanted ${ONE}, which 000001-first had on 20`;
  expect(lastOf(stint, 2)).toMatchObject({
    state: "failed",
    durationMs: 0,
    failure: { class: "data", code: "DATA_MISMATCH", error: expect.stringContaining(is) },
  });
  expect(stint.record(2).status.attempts).toHaveLength(1);
  expect(lastOf(stint, 3)).toMatchObject({
    state: "completed",
    datasets: { d: { warning: expect.stringContaining(is) } },
  });
  expect((await stint.ok("show", "3")).replaceAll(/\s+/g, " ")).toContain(`warning: ${is}`);
  expect(stint.textOf("ran")).toBe("run\nrun\n");
});

test("data that is missing is waited for at no cost, also by a task that may run with any", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "run: 'true'\nretries: 0\nprovenance: best-effort\ndatasets: {d: data}\n");
  const { status } = await stint.reach(1, "queued");
  if (status.attempt === 0) await stint.reach(1, "preparing");
  await stint.reach(1, "queued");
  expect(lastOf(stint, 1)).toMatchObject({ failure: { code: "DATA_UNREACHABLE", rule: "spawn" } });
  write(stint, "data", "");
  await stint.ok("retry", "1");
  await stint.reach(1, "completed");
});

test("the tasks of a sweep read their data once", async () => {
  await using stint = new Stint();
  truncateSync(write(stint, "data.bin", ""), 300_000_000);
  await submit(stint, "matrix: {n: [1, 2, 3, 4]}\nrun: echo ${{ matrix.n }}\ndatasets: {d: data.bin}\n");
  const { calls } = await traced(stint, ["openat"], "drain", "--jobs", "4");
  expect(stint.records().map(({ status }) => status.state)).toEqual(Array(4).fill("completed"));
  expect(calls.filter((line) => /data\.bin", O_RDONLY\|O_NONBLOCK/.test(line))).toHaveLength(1);
  const sums = stint
    .records()
    .map(({ metadata }) => JSON.stringify(lastOf(stint, metadata.number)).match(/"sha256":"(\w+)"/)?.[1]);
  expect(new Set(sums).size).toBe(1);
});

test("verify says when data is read: at each start, once, or never", async () => {
  await using stint = new Stint();
  write(stint, "always", "one\n");
  write(stint, "never", "one\n");
  const task = `run: 'true'\ndatasets: {a: {path: always, verify: always}, n: {path: never, sha256: "${NONE}", verify: never}}\n`;
  await submit(stint, `${task}---\n${task}`);
  const { calls } = await traced(stint, ["openat"], "drain", "--jobs", "1");
  const opened = (name: string): number =>
    calls.filter((line) => line.includes(`/${name}", O_RDONLY|O_NONBLOCK`)).length;
  expect([opened("always"), opened("never")]).toEqual([2, 0]);
  expect(lastOf(stint, 1)).toMatchObject({ state: "completed", datasets: { a: { sha256: ONE } } });
  expect((await stint.ok("show", "1")).replaceAll(/\s+/g, " ")).toContain("never (not verified)");
});

test("data that DVC keeps has the checksum of its file, read without DVC", async () => {
  await using stint = new Stint();
  write(stint, "t.csv", "a,b\r\n1,2\r\n");
  const dvc = (md5: string, path: string) =>
    `outs:\n- md5: ${md5}\n  size: 10\n  hash: md5\n  path: ${path}\n`;
  write(stint, "t.csv.dvc", dvc("b202f333fba4fd38d4b8e5e693077aab", "t.csv"));
  write(stint, "u.dvc", dvc("a".repeat(32), "t.csv"));
  await submit(
    stint,
    ["t: t.csv.dvc", "t: {dvc: u.dvc, path: t.csv}", "t: {dvc: u.dvc}", "t: {path: t.csv, dvc: none.dvc}"]
      .map((one) => `run: echo $STINT_DATASET_T\ndatasets: {${one}}\nrestart: never\n`)
      .join("---\n"),
  );
  await stint.run(["drain"]);
  expect(lastOf(stint, 1)).toMatchObject({
    state: "completed",
    datasets: { t: { md5: "b202f333fba4fd38d4b8e5e693077aab" } },
  });
  expect(await stint.ok("logs", "1")).toBe(join(stint.root, "t.csv"));
  expect([2, 3, 4].map((number) => lastOf(stint, number).failure?.code)).toEqual([
    "DATA_MISMATCH",
    "INVALID_SPEC",
    "DATA_UNREACHABLE",
  ]);
});

test("data that changes while the job runs is noted on the attempt, which succeeds all the same", async () => {
  await using stint = new Stint();
  write(stint, "data", "one\n");
  await submit(stint, "run: echo two > data\ndatasets: {d: data}\n---\nrun: cat data\ndatasets: {d: data}\n");
  await stint.run(["drain", "--jobs", "1"]);
  expect(lastOf(stint, 1)).toMatchObject({
    state: "completed",
    notes: [expect.stringContaining('the data set "d" changed while the job ran')],
  });
  expect(lastOf(stint, 2)).toMatchObject({ state: "completed" });
  expect(lastOf(stint, 2)).not.toHaveProperty("notes.0");
});

test("what the cache holds is never believed for other data, whatever is in it", async () => {
  await using stint = new Stint();
  write(stint, "data", "one\n");
  await submit(stint, "run: 'true'\ndatasets: {d: data}\n");
  await stint.run(["drain"]);
  const [file = ""] = stint.files("datasets").filter((name) => name.endsWith(".json"));
  for (const content of ["{", "\0".repeat(100_000)]) {
    write(stint, join("home/datasets", file), content);
    await submit(stint, "run: 'true'\ndatasets: {d: data}\n");
    await stint.run(["drain"]);
  }
  expect(
    stint.records().map(({ metadata }) => JSON.stringify(lastOf(stint, metadata.number)).includes(ONE)),
  ).toEqual(Array(3).fill(true));
});
