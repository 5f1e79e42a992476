import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** A job that notes its name and fails until a file with its name is there. */
const FAILS = "echo $STINT_TASK_NAME >> $HOME/ran; test -e $HOME/$STINT_TASK_NAME-works";
const NOTES = "echo $STINT_TASK_NAME >> $HOME/ran";

function ran(stint: Stint): string {
  return stint.textOf("ran").trim().replaceAll("\n", " ");
}

function queue(stint: Stint, name: string, ...flags: string[]): Promise<string> {
  return stint.ok("submit", "--name", name, ...flags, "--", "sh", "-c", NOTES);
}

async function queueFailing(stint: Stint, name: string, ...flags: string[]): Promise<void> {
  await stint.ok("submit", "--name", name, ...flags, "--", "sh", "-c", FAILS);
}

function stateOf(stint: Stint, number: number): string {
  const { state, reason } = stint.record(number).status;
  return reason === undefined ? state : `${state} ${reason}`;
}

function mend(stint: Stint, name: string): void {
  writeFileSync(join(stint.root, `${name}-works`), "");
}

test.concurrent("children start after their parents, however these are named, within a batch and across batches", async () => {
  await using stint = new Stint();
  await queue(stint, "first", "--hold");
  const yaml = [
    "name: last\nafter: [middle, sweep, 1]",
    "name: middle\nafter: first",
    "name: sweep\narray: 1-3\nafter: 000001-first",
  ].map((text) => `${text}\nrun: ${NOTES}\n`);
  const submitted = await stint.run(["submit", "-"], { input: yaml.join("---\n") });
  expect(submitted).toMatchObject({ code: 0, err: "" });
  await queue(stint, "after-sweep", "--after", "sweep", "--priority", "1000");
  expect((await stint.ok("drain")).split("\n")).toContain("000002-last left: waits for 000003-middle");
  expect(ran(stint)).toBe("");
  await stint.ok("release", "1");
  await stint.ok("drain");
  const order = ran(stint).split(" ");
  expect(order).toHaveLength(7);
  expect(order[0]).toBe("first");
  const at = (name: string): number => order.indexOf(name);
  const lastOfSweep = Math.max(at("sweep-1"), at("sweep-2"), at("sweep-3"));
  expect(at("after-sweep")).toBeGreaterThan(lastOfSweep);
  expect(at("last")).toBeGreaterThan(Math.max(lastOfSweep, at("middle")));
});

test.concurrent("a child takes a parent that has ended by its name, as by its number", async () => {
  await using stint = new Stint();
  await queue(stint, "good");
  await queueFailing(stint, "bad");
  await stint.ok("submit", "--name", "lot", "--array", "1-2", "--", "true");
  await stint.run(["drain"]);
  await queue(stint, "one", "--after", "good");
  await queue(stint, "two", "--after-any", "bad");
  await queue(stint, "three", "--after", "lot");
  const yaml = `name: four\nafter: bad\nrun: ${NOTES}\n`;
  expect(await stint.run(["submit", "-"], { input: yaml })).toMatchObject({ code: 0, err: "" });
  await stint.ok("submit", "--from", "four", "--name", "five", "--after", "lot");
  expect((await stint.run(["drain"])).out).toContain("000008-four left: waits for 000002-bad, which failed");
  expect(ran(stint).split(" ").toSorted()).toEqual(["bad", "five", "good", "one", "three", "two"]);
});

test.concurrent("every verb names a failed parent, and its retry releases the child", async () => {
  await using stint = new Stint();
  await queueFailing(stint, "parent");
  await queue(stint, "child", "--after", "parent");
  await queue(stint, "grandchild", "--after", "child");
  const drained = await stint.run(["drain"]);
  expect(drained).toMatchObject({
    code: 1,
    out: [
      "000001-parent failed: exit 1: no output",
      "000002-child left: waits for 000001-parent, which failed",
      "000003-grandchild left: waits for 000002-child",
      "",
    ].join("\n"),
  });
  await stint.up();
  expect(await stint.ok("ls")).toMatch(/child +queued +- +\S+ +waits for 000001-parent, which failed\n/);
  expect(await stint.ok("explain", "2")).toBe(
    [
      "000002-child is queued.",
      "Waiting for 000001-parent to succeed, but it failed.",
      "Retry the parent: stint retry 1   or cancel this one: stint cancel 2",
    ].join("\n"),
  );
  const waited = await stint.run(["wait", "grandchild", "--timeout", "100ms"]);
  expect(waited.code).toBe(124);
  expect(waited.err).toContain(
    "stint: 000003-grandchild does not start by itself: waits for 000002-child; more: stint explain 3\n",
  );
  await stint.ok("clean", "--older-than", "0s", "--dead-letter");
  mend(stint, "parent");
  await stint.ok("retry", "1");
  await stint.ok("wait", "grandchild");
  expect(ran(stint)).toBe("parent parent child grandchild");
});

test.concurrent("a child may wait for a parent's failure, cancellation or any end", async () => {
  await using stint = new Stint();
  await queueFailing(stint, "bad");
  await queue(stint, "good");
  await queue(stint, "any", "--after-any", "bad", "good");
  await queue(stint, "failed", "--after-failed", "bad");
  await queue(stint, "needless", "--after-failed", "good");
  const yaml = `name: cancelled\nafter: bad\nonParentFailure: cancel\nrun: ${NOTES}\n`;
  await stint.run(["submit", "-"], { input: yaml });
  await queue(stint, "behind", "--after", "cancelled");
  await queue(stint, "behind-any", "--after-any", "cancelled");
  expect((await stint.run(["drain"])).out).toContain(
    "000007-behind left: waits for 000006-cancelled, which was cancelled\n",
  );
  const states = [3, 4, 5, 6, 7, 8].map((number) => stateOf(stint, number));
  expect(states).toEqual([
    "completed Succeeded",
    "completed Succeeded",
    "cancelled NotNeeded",
    "cancelled ParentFailed",
    "queued",
    "completed Succeeded",
  ]);
  expect(stint.record(6).status["message"]).toBe("its parent 000001-bad is failed");
  // A person may want it all the same: then it waits like any other, and the parent's retry frees both.
  await stint.ok("retry", "6");
  mend(stint, "bad");
  await stint.ok("retry", "1");
  await stint.ok("drain");
  expect([6, 7].map((number) => stateOf(stint, number))).toEqual([
    "completed Succeeded",
    "completed Succeeded",
  ]);
});

test.concurrent("a retry names the tasks that ran after the failed one, and do not run again", async () => {
  await using stint = new Stint();
  await queueFailing(stint, "parent");
  await queue(stint, "report", "--after-any", "parent");
  await queue(stint, "publish", "--after", "report");
  await queueFailing(stint, "alarm", "--after-failed", "parent");
  await queue(stint, "waiting", "--after", "parent");
  await queue(stint, "other");
  await stint.run(["drain"]);
  const { code, out, err } = await stint.run(["retry", "parent"]);
  expect({ code, out }).toEqual({ code: 0, out: "000001-parent queued\n" });
  expect(err.trim().split("\n").toSorted()).toEqual([
    "stint: 1 task that failed after it stays failed; to retry it too: stint retry 4",
    "stint: Tasks 2-3, which ran after it, will not run again. To queue a copy of one: stint submit --from 2",
  ]);
  // The copy waits for the retry.
  await stint.ok("submit", "--from", "2");
  expect(await stint.ok("explain", "7")).toBe(
    [
      "000007-report is queued.",
      "Waiting for 000001-parent to end.",
      "No supervisor is running: nothing starts.",
      "Start one: stint up --detach (or run everything once: stint drain)",
    ].join("\n"),
  );
});

test.concurrent("an impossible dependency is refused with a hint, and nothing of the file is queued", async () => {
  await using stint = new Stint();
  await queue(stint, "train", "--hold");
  await queue(stint, "twice", "--hold");
  await queue(stint, "twice", "--hold");
  const refused = async (input: string): Promise<string> => {
    const { code, out, err } = await stint.run(["submit", "-"], { input });
    expect([code, out]).toEqual([6, ""]);
    return err;
  };
  const one = (name: string, after: string): string => `name: ${name}\nafter: ${after}\nrun: "true"\n`;
  const circle = [one("a", "b"), one("b", "c"), one("c", "a"), one("d", "a")].join("---\n");
  expect(await refused(circle)).toContain("dependency cycle: a -> b -> c -> a [INVALID_DEPENDENCY]");
  expect(await refused(one("a", "trian"))).toContain('did you mean "train"?');
  expect(await refused(one("a", "99"))).toContain("there is no task 99");
  expect(await refused(one("a", "twice"))).toContain("name one by its number: 2, 3");
  expect(await refused(one("a", "a"))).toContain("a -> a");
  expect(await refused(`${one("a", "1")}afterFailed: 1\n`)).toContain("can never both succeed and fail");
  expect(stint.records()).toHaveLength(3);
  const again = await stint.run(["set", "1", "after=2"]);
  expect([again.code, again.err]).toEqual([2, expect.stringContaining("stint submit --from 1 --after")]);
});

test.concurrent("submit --from keeps the parents of the task, or takes those that are named", async () => {
  await using stint = new Stint();
  await queueFailing(stint, "parent");
  await queue(stint, "child", "--after", "parent");
  await queue(stint, "good");
  await stint.run(["drain"]);
  await stint.ok("submit", "--from", "child", "--name", "same");
  await stint.ok("submit", "--from", "child", "--name", "other", "--after", "3");
  await stint.run(["drain"]);
  expect(ran(stint).split(" ").toSorted()).toEqual(["good", "other", "parent"]);
  expect(stint.record(5).spec["after"]).toEqual([{ task: "000003-good", when: "success" }]);
});

test.concurrent("inbox files that arrive together may depend on each other, in any order of their names", async () => {
  await using stint = new Stint();
  await stint.up();
  const child = (after: string): string => `after: ${after}\nrun: ${NOTES}\n`;
  const files = [
    ["a-child", child("b-parent")],
    ["b-parent", child("c-root")],
    ["c-root", `run: ${NOTES}\n`],
    ["orphan", child("nobody")],
  ] as const;
  // The parent has to be there still when the child is read again.
  await stint.ok(
    "submit",
    "--name",
    "lane",
    "--slot",
    "lane",
    "--",
    "sh",
    "-c",
    "until test -e $HOME/go; do sleep 0.02; done",
  );
  for (const [name, text] of files)
    writeFileSync(join(stint.home, "inbox", `${name}.yaml`), `name: ${name}\n${text}slot: lane\n`);
  await until("the orphan is refused", () =>
    stint.files("inbox/.rejected").includes("orphan.yaml.error.txt"),
  );
  await until("the child is queued", () => stint.records().length === 4);
  writeFileSync(join(stint.root, "go"), "");
  await stint.ok("wait", "--all");
  expect(ran(stint)).toBe("c-root b-parent a-child");
  expect(stint.files("inbox/.rejected").toSorted()).toEqual(["orphan.yaml", "orphan.yaml.error.txt"]);
  await stint.ok("down");
  // Nor does a drain end before a file has had its second look.
  writeFileSync(join(stint.home, "inbox", "late.yaml"), child("nobody"));
  await stint.ok("drain");
  expect(stint.files("inbox/.rejected")).toContain("late.yaml");
});

test.concurrent("run starts its own tasks and their parents, and nothing else", async () => {
  await using stint = new Stint();
  await queue(stint, "grandparent");
  await queue(stint, "parent", "--after", "grandparent");
  await queue(stint, "stranger");
  const { code } = await stint.run(["run", "--name", "child", "--after", "parent", "--", "sh", "-c", NOTES]);
  expect([code, ran(stint)]).toEqual([0, "grandparent parent child"]);
  expect(stateOf(stint, 3)).toBe("queued");
});

test.concurrent("a task for certain supervisors waits for one of them", async () => {
  await using stint = new Stint();
  const yaml = `name: night\nrunnerSelector: {pool: night}\nrun: ${NOTES}\n`;
  const submitted = await stint.run(["submit", "-"], { input: yaml });
  expect(submitted.err).toBe("");
  expect(await stint.ok("drain")).toBe("000001-night left: needs a supervisor with label pool=night");
  const up = await stint.up("--label", "pool=day");
  expect(await stint.ok("explain", "1")).toContain("needs a supervisor with the label pool=night");
  await stint.ok("down");
  await up.exited;
  await stint.up("--label", "pool=night");
  await stint.reach(1, "completed");
});

test.concurrent("a sweep respects maxParallel, and stops after maxFailures", async () => {
  await using stint = new Stint();
  const job = "echo begin >> $HOME/ran; sleep 0.03; echo end >> $HOME/ran; exit $STINT_VALUE_N";
  const flags = [
    "--name",
    "sweep",
    "--matrix",
    "n=0,1,2,3,4,5",
    "--max-parallel",
    "1",
    "--max-failures",
    "2",
  ];
  const submitted = await stint.run(["submit", ...flags, "--", "sh", "-c", job]);
  expect(submitted).toMatchObject({ code: 0, err: "" });
  await stint.run(["drain", "--jobs", "4"]);
  expect(ran(stint)).toBe("begin end begin end begin end");
  const states = [1, 2, 3, 4, 5, 6].map((number) => stateOf(stint, number));
  expect(states).toEqual([
    "completed Succeeded",
    "failed NonRetryable",
    "failed NonRetryable",
    "cancelled GroupFailed",
    "cancelled GroupFailed",
    "cancelled GroupFailed",
  ]);
  await until("its record says why", () => String(stint.record(6).status["message"]).includes("2 members"));
});
