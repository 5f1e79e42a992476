import { expect, test } from "bun:test";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canInject, runUnder } from "../rig/faults.ts";
import { Stint, until } from "../rig/stint.ts";
import { filesIn } from "../rig/temp-home.ts";

/** A task that leaves a model of 1,000 bytes and a checkpoint of 500, in a home where one like it has ended. */
async function trained(stint: Stint): Promise<void> {
  const run = `head -c 1000 /dev/zero >"$STINT_RUN_DIR/model.keras"; head -c 500 /dev/zero >"$STINT_CHECKPOINT_DIR/last"`;
  await stint.run(["run", "-"], {
    input: JSON.stringify({ name: "train", run, limits: { openFiles: 500 } }),
  });
}

const MODEL = ["000001-train/1/model.keras", "000001-train/checkpoint/last"];

test("clean keeps artifacts and checkpoints unless it is told otherwise, and says how large they are", async () => {
  await using stint = new Stint();
  await trained(stint);
  const runs = (): string[] => filesIn(join(stint.home, "runs"));
  const dry = await stint.run(["clean", "--older-than", "0s", "--dry-run"]);
  expect(dry.out).toMatch(
    /^000001-train would be removed, [\d.]+ (?:Ki)?B; 1.5 KiB of artifacts and checkpoints stay\n$/,
  );
  expect(dry.err.trim()).toEndWith(
    "; 1.5 KiB of artifacts and checkpoints would stay in runs/, --artifacts and --checkpoints remove them too",
  );
  expect(await stint.ok("clean", "--older-than", "0s")).toContain(
    "1.5 KiB of artifacts and checkpoints stay",
  );
  expect([stint.records(), runs()]).toEqual([[], MODEL]);
  // It has no record any more: it is as old as its newest file.
  const both = ["--artifacts", "--checkpoints"] as const;
  await stint.ok("clean", "--older-than", "1d", ...both);
  expect(runs()).toEqual(MODEL);
  expect(await stint.ok("clean", "--older-than", "0s", ...both, "--dry-run")).toStartWith(
    "000001-train its artifacts and checkpoint would be removed, 1.5 KiB",
  );
  expect(await stint.ok("clean", "--older-than", "0s", "--checkpoints")).toContain("checkpoint removed");
  expect(runs()).toEqual(MODEL.slice(0, 1));
  expect(await stint.ok("clean", "--older-than", "0s", "--artifacts")).toContain("artifacts removed");
  expect(stint.files("runs")).toEqual([]);
});

test("a task that was cleaned up is told with what is kept of it", async () => {
  await using stint = new Stint();
  await trained(stint);
  await stint.ok("clean", "1");
  const folder = join(stint.home, "runs", "000001-train");
  for (const [reference, fault] of [
    ["1", "No task has number 1"],
    ["train", 'No task named "train"'],
    ["000001-train", 'No task named "000001-train"'],
  ] as const)
    expect((await stint.run(["show", reference])).err.replaceAll(/\s+/g, " ")).toBe(
      `stint: ${fault} [NOT_FOUND] it was cleaned up, and its artifacts and checkpoint are kept in ${folder}: stint artifacts ${reference} `,
    );
  await stint.ok("clean", "--older-than", "0s", "--artifacts");
  expect((await stint.run(["logs", "1"])).err).toContain(`its checkpoint is kept in ${folder}\n`);
  await stint.ok("clean", "--older-than", "0s", "--checkpoints");
  expect((await stint.run(["show", "1"])).err).toContain("stint ls --all");
});

test("clean removes the tasks that are named or selected, and refuses unfinished ones and those that they need", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "good", "--", "true");
  await stint.ok("submit", "--name", "bad", "--", "false");
  await stint.ok("submit", "--name", "grid", "--array", "1-2", "--label", "kind=x", "--", "true");
  await stint.ok("submit", "--name", "child", "--after", "bad", "--", "true");
  await stint.run(["drain"]);
  const left = (): number[] => stint.records().map(({ metadata }) => metadata.number);
  const refused = [
    'stint: Cannot remove "000005-child": it is queued, wanted a task that has ended [INVALID_TRANSITION]',
    "  cancel it first: stint cancel 5",
    'stint: Cannot remove "000002-bad": needed by 000005-child [INVALID_TRANSITION]',
    "  cancel that first: stint cancel 5",
    "",
  ].join("\n");
  const dry = await stint.run(["clean", "good", "2", "child", "--dry-run"]);
  expect(dry.out).toMatch(/^000001-good would be removed, \d+ B\n$/);
  expect(dry).toMatchObject({ code: 4, err: expect.stringMatching(/would remove 1 task, \d+ B\n$/) });
  expect(left()).toEqual([1, 2, 3, 4, 5]);
  expect(await stint.run(["clean", "good", "2", "child"])).toEqual({
    code: 4,
    out: "000001-good removed\n",
    err: refused,
  });
  // A selection is not removed before its age, and keeps what is needed.
  const selected = ["--failed", "--older-than", "0s"];
  expect(await stint.run(["clean", "--failed"])).toEqual({
    code: 0,
    out: "",
    err: "nothing to remove: no matching ended task is older than 7 days (see --older-than)\n",
  });
  expect(await stint.run(["clean", "--failed", "-q"])).toEqual({ code: 0, out: "", err: "" });
  expect(await stint.run(["clean", ...selected])).toEqual({
    code: 0,
    out: "",
    err: "kept 000002-bad: needed by 000005-child\n",
  });
  expect(await stint.ok("clean", "grid", "--state", "failed")).toBe("");
  expect(await stint.ok("clean", "--label", "kind=x", "--keep", "1")).toMatch(/^\S+ removed$/);
  expect(await stint.ok("clean", "grid")).toMatch(/^\S+ removed$/);
  expect((await stint.run(["cancel", "2"])).err).toContain("to remove it: stint clean 2\n");
  await stint.ok("cancel", "child");
  await stint.up();
  expect(await stint.ok("clean", ...selected)).toBe("000002-bad removed");
  expect(await stint.ok("clean", "5")).toBe("000005-child removed");
  expect([left(), stint.files("runs")]).toEqual([[], []]);
});

test("clean --artifacts --checkpoints removes everything that a removed task left, and nothing of a task that stays", async () => {
  await using stint = new Stint();
  await trained(stint);
  await stint.ok("run", "--name", "last", "--", "sh", "-c", 'echo x >"$STINT_RUN_DIR/result"');
  await stint.ok("clean", "--keep", "1", "--artifacts", "--checkpoints");
  expect(stint.files("runs")).toEqual(["000002-last"]);
  expect(filesIn(join(stint.home, "runs"))).toContain("000002-last/1/result");
});

test("retention removes artifacts and checkpoints by their own ages", async () => {
  await using stint = new Stint();
  await trained(stint);
  writeFileSync(join(stint.home, "config.yaml"), "retention: {done: never, checkpoints: 0s}\n");
  await stint.up();
  await until("the checkpoint is gone", () => stint.files("runs/000001-train").join(" ") === "1");
  expect(stint.records()).toHaveLength(1);
  expect(stint.files("runs/000001-train/1")).toContain("model.keras");
});

test.skipIf(!canInject)(
  "the environment of a failed task whose record cannot be read outlives a clean-up, which says why",
  async () => {
    await using stint = new Stint();
    await stint.run(["run", "--name", "job", "--", "false"]);
    const environments = (): string[] => readdirSync(join(stint.home, "env"));
    const before = environments();
    for (const name of before) utimesSync(join(stint.home, "env", name), 0, 0);
    const path = join(stint.home, "dead-letter", "000001-job.json");
    const fault = { call: "openat", error: "EIO", path };
    const { code, err } = await runUnder(stint, ["clean", "--older-than", "1d"], { fault });
    expect(err).toContain('Cannot remove unused environments: the record of "000001-job" cannot be read');
    expect({ code, left: environments() }).toEqual({ code: 7, left: before });
    // Read again, it is in use.
    await stint.ok("clean", "--older-than", "1d");
    expect(environments()).toEqual(before);
  },
);
