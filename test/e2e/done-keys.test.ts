import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Notes the seed and the index that the job sees; seed 2 fails until the file `good` is there. */
const SWEEP = `name: sum
key: sum/seed\${{ matrix.seed }}
matrix: { seed: 1-4 }
run: |
  echo "\${{ matrix.seed }} $STINT_SWEEP_INDEX of $STINT_SWEEP_SIZE" >> $HOME/lines
  test \${{ matrix.seed }} != 2 || test -e $HOME/good
`;

function lines(stint: Stint): string[] {
  return stint.textOf("lines").split("\n").slice(0, -1).toSorted();
}

const FIRST = ["1 1 of 4", "2 2 of 4", "3 3 of 4", "4 4 of 4"];

test.concurrent("of a sweep with keys, only what failed is queued again, and the rest is named", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "sweep.yaml"), SWEEP);
  await stint.ok("submit", "sweep.yaml");
  await stint.run(["drain"]);
  expect(lines(stint)).toEqual(FIRST);
  const again = await stint.run(["submit", "sweep.yaml"]);
  expect(again.out).toBe("000001-sum-1\n000003-sum-3\n000004-sum-4\n000005-sum-2\n");
  expect(again.err).toContain("not queued again: 000003-sum-3, completed, has the key sum/seed3\n");
  expect(again.err).toContain("to queue what has succeeded again: --rerun");
  // A queued one is not doubled either.
  const third = await stint.run(["submit", "--json", "sweep.yaml"]);
  const named = JSON.parse(third.out) as { metadata: { id: string }; status: { state: string } }[];
  expect(named.map(({ metadata, status }) => `${metadata.id} ${status.state}`).toSorted()).toEqual([
    "000001-sum-1 completed",
    "000003-sum-3 completed",
    "000004-sum-4 completed",
    "000005-sum-2 queued",
  ]);
  expect(third.err).toContain("000005-sum-2, not ended yet, has the key sum/seed2");
  writeFileSync(join(stint.root, "good"), "");
  await stint.ok("drain");
  // It is a sweep of one now, and its job computes by the place that it had.
  expect(lines(stint)).toEqual(["1 1 of 4", "2 2 of 4", "2 2 of 4", "3 3 of 4", "4 4 of 4"]);
  expect(stint.record(5).metadata["group"]).toMatchObject({ id: 5, index: 1, size: 1 });
});

test.concurrent("what has succeeded is not run again after a clean-up, unless --rerun says so", async () => {
  await using stint = new Stint();
  const submit = (...flags: string[]) =>
    stint.run(["submit", "--key", "prepare", ...flags, "--", "sh", "-c", "echo x >> $HOME/lines"]);
  await submit();
  await stint.ok("drain");
  await stint.ok("clean", "--older-than", "0s");
  expect(stint.records()).toEqual([]);
  const again = await submit("--wait");
  expect(again).toMatchObject({ code: 0, out: "" });
  expect(again.err).toContain(
    "not queued again: 000001-echo-x, completed and cleaned up, has the key prepare",
  );
  expect(JSON.parse((await submit("--json")).out)).toMatchObject([
    { metadata: { id: "000001-echo-x" }, status: { state: "completed" }, isRemoved: true },
  ]);
  expect(lines(stint)).toEqual(["x"]);
  await submit("--rerun");
  await stint.ok("drain");
  expect(lines(stint)).toEqual(["x", "x"]);
});

test.concurrent("of many submissions of one sweep beside a supervisor, each member runs once", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "good"), "");
  writeFileSync(join(stint.root, "sweep.yaml"), SWEEP);
  await stint.up("--jobs", "4");
  const all = Array.from({ length: 6 }, () => stint.run(["submit", "--quiet", "sweep.yaml"]));
  // A file of the inbox is read by a process of its own.
  writeFileSync(join(stint.home, "inbox", "sweep.yaml"), SWEEP);
  const told = await Promise.all(all);
  expect(told.map(({ code, out }) => `${code} ${out.split("\n").length}`)).toEqual(told.map(() => "0 5"));
  await until("all have ended", () => {
    const open = stint.records().filter(({ status }) => !["completed", "cancelled"].includes(status.state));
    return open.length === 0 && stint.files("inbox/.accepted").length === 1;
  });
  expect(lines(stint)).toEqual(FIRST);
  // A file that comes when all is done queues nothing.
  rmSync(join(stint.home, "inbox", ".accepted", "sweep.yaml"));
  writeFileSync(join(stint.home, "inbox", "again.yaml"), SWEEP);
  await until("it is accepted", () => stint.files("inbox/.accepted").includes("again.yaml"));
  expect(lines(stint)).toEqual(FIRST);
  const known = stint.records().length;
  mkdirSync(join(stint.home, "schedules"), { recursive: true });
  writeFileSync(
    join(stint.home, "schedules", "often.yaml"),
    "every: 1s\ntask: {key: sum/seed1, run: echo wrong >> $HOME/lines}\n",
  );
  await until("it has fired", () => stint.files("schedules/.state").includes("often.json"));
  await until("the firing is on record", () =>
    JSON.stringify(stint.textOf("home/schedules/.state/often.json")).includes("lastFired"),
  );
  expect(stint.records()).toHaveLength(known);
  expect(lines(stint)).toEqual(FIRST);
});

test.concurrent("two tasks of one file with one key are refused", async () => {
  await using stint = new Stint();
  const { code, err } = await stint.run(["submit", "-"], {
    input: "key: a\nname: one\nrun: 'true'\n---\nkey: a\nname: two\nrun: 'true'\n",
  });
  expect(code).toBe(6);
  expect(err).toContain('Cannot queue "two": its key a is that of "one" too, wanted a key for each task');
});

test.concurrent("what waits for work that is done or under way waits for the task that does it, and no retry does it again", async () => {
  await using stint = new Stint();
  const file = `name: sum
key: sum/\${{ matrix.seed }}
matrix: { seed: 1-3 }
run: |
  test \${{ matrix.seed }} != 2 || test -e $HOME/good
---
name: report
after: sum
key: report
run: echo report >> $HOME/lines
`;
  writeFileSync(join(stint.root, "night.yaml"), file);
  await stint.ok("submit", "night.yaml");
  await stint.run(["drain"]);
  expect(stint.record(4).status.state).toBe("queued");
  await stint.ok("cancel", "4");
  writeFileSync(join(stint.root, "good"), "");
  await stint.ok("submit", "night.yaml");
  // Member 2 alone is queued again; the report has all of the sweep as its parents.
  expect(stint.record(6).spec["after"]).toEqual(
    [5, 1, 3].map((number) => ({ task: stint.record(number).metadata.id, when: "success" })),
  );
  const early = await stint.run(["retry", "2"]);
  expect(early).toMatchObject({ code: 4 });
  expect(early.err).toContain('Cannot retry "000002-sum-2": 000005-sum-2 has not ended with its key sum/2');
  await stint.ok("drain");
  expect(lines(stint)).toEqual(["report"]);
  const late = await stint.run(["retry", "--group", "1", "--failed"]);
  expect(late.code).toBe(4);
  expect(late.err).toContain("000005-sum-2 has succeeded with its key sum/2");
});
