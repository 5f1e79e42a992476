import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { QueueView } from "../../../src/daemon/admit/queue-view.ts";
import { resolveParents } from "../../../src/daemon/admit/resolve-dependencies.ts";
import { cancelledInQueue } from "../../../src/model/lifecycle.ts";
import type { DependencyEnd } from "../../../src/model/spec.ts";
import type { Draft } from "../../../src/model/submission.ts";
import type { Task } from "../../../src/model/task.ts";
import { cpuMsOf } from "../../rig/cpu-time.ts";
import { errorOf, valueOf } from "../../rig/results.ts";
import { aDraft, after, asRunning, aTask, exited } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const FIRST = 100;

function draft(name: string, references: readonly string[] = [], when: DependencyEnd = "success"): Draft {
  return aDraft({ name, parents: references.map((reference) => ({ reference, when })) });
}

function member(index: number, references: readonly string[] = [], name = "sweep"): Draft {
  return { ...draft(`${name}-${index}`, references), group: { name, index, size: 9, values: {} } };
}

/** The parents of each draft by number, once the batch begins at 100. */
function parentsOf(home: TempHome, drafts: readonly Draft[]): number[][] {
  const parents = valueOf(resolveParents(new QueueView(home.layout), drafts));
  return drafts.map((_, index) => parents(index, FIRST).map(({ task }) => Number(task.slice(0, 6))));
}

function refusal(home: TempHome, drafts: readonly Draft[]): string {
  const { code, message, hint } = errorOf(resolveParents(new QueueView(home.layout), drafts));
  expect(code).toBe("INVALID_DEPENDENCY");
  return hint === undefined ? message : `${message} (${hint})`;
}

function homeWith(...tasks: readonly Task[]): TempHome {
  const home = new TempHome();
  for (const task of tasks) home.put(task);
  return home;
}

const named = (number: number, name: string): Task => aTask({ number, name });
const ofSweep = (number: number, id: number, name = "sweep"): Task =>
  aTask({
    number,
    name: `${name}-${number - id + 1}`,
    metadata: { group: { name, id, index: number - id + 1, size: 3, values: {} } },
  });
const cancelled = (task: Task): Task =>
  cancelledInQueue(task, { endedAt: "2026-05-01T12:00:00Z", reason: "User", message: "" });

describe("resolveParents() finds", () => {
  test("no parents for drafts that name none", async () => {
    await using home = new TempHome();
    expect(parentsOf(home, [draft("a"), draft("b")])).toEqual([[], []]);
  });

  test("drafts of the same batch by name before all other tasks, in any order", async () => {
    await using home = homeWith(named(1, "prepare"));
    const drafts = [draft("report", ["train", "prepare"]), draft("train", ["prepare"]), draft("prepare")];
    expect(parentsOf(home, drafts)).toEqual([[101, 102], [102], []]);
  });

  test("all drafts of a name and all members of a sweep in the batch", async () => {
    await using home = new TempHome();
    const drafts = [member(1), member(2), draft("a"), draft("a"), draft("end", ["sweep", "a"])];
    expect(parentsOf(home, drafts).at(-1)).toEqual([100, 101, 102, 103]);
    expect(parentsOf(home, [member(1), member(2), draft("end", ["sweep-2"])]).at(-1)).toEqual([101]);
  });

  test("tasks by number and by id, also those that have ended", async () => {
    await using home = homeWith(
      named(1, "a"),
      after(named(2, "b"), exited(0)),
      after(named(3, "c"), exited(3)),
    );
    expect(parentsOf(home, [draft("d", ["1", "2", "000003-c"])])).toEqual([[1, 2, 3]]);
  });

  test("the one unfinished task of a name before all that have ended", async () => {
    const running = asRunning(named(4, "b"));
    const ended = [after(named(1, "a"), exited(0)), after(named(5, "b"), exited(0))];
    await using home = homeWith(...ended, named(2, "a"), running);
    expect(parentsOf(home, [draft("c", ["a", "b"])])).toEqual([[2, 4]]);
  });

  test("the newest task or sweep of a name where all have ended, however it ended", async () => {
    const fresh = (number: number, name: string): Task => after(named(number, name), exited(0));
    await using home = homeWith(
      fresh(1, "a"),
      after(named(2, "a"), exited(3)),
      fresh(3, "a-7"),
      fresh(4, "ab"),
      fresh(5, "sweep"),
      after(ofSweep(10, 10), exited(0)),
      after(ofSweep(11, 10), exited(3)),
      after(ofSweep(20, 20, "old"), exited(3)),
      fresh(23, "old"),
    );
    expect(parentsOf(home, [draft("c", ["a"]), draft("d", ["sweep"]), draft("e", ["old"])])).toEqual([
      [2],
      [10, 11],
      [23],
    ]);
  });

  test.each(["success", "any", "failure", "oneOf"] as const)(
    "all members of the newest sweep of a name, however far it is, for %s",
    async (when) => {
      await using home = homeWith(
        after(ofSweep(1, 1, "done"), exited(0)),
        after(ofSweep(2, 1, "done"), exited(0)),
        ofSweep(5, 5),
        after(ofSweep(10, 10), exited(0)),
        after(ofSweep(11, 10), exited(3)),
        ofSweep(12, 10),
        after(ofSweep(20, 20, "odd"), exited(0)),
        cancelled(ofSweep(21, 20, "odd")),
      );
      const drafts = ["done", "sweep", "odd"].map((name) => draft("end", [name], when));
      expect(parentsOf(home, drafts)).toEqual([
        [1, 2],
        [10, 11, 12],
        [20, 21],
      ]);
    },
  );

  test("a member whose record cannot be read", async () => {
    await using home = homeWith(ofSweep(10, 10), after(ofSweep(11, 10), exited(0)));
    writeFileSync(home.layout.record("done", ofSweep(11, 10).metadata.id), "torn");
    expect(parentsOf(home, [draft("end", ["sweep"])])).toEqual([[10, 11]]);
  });

  test("the tasks in a range, each once", async () => {
    await using home = homeWith(named(1, "a"), after(named(2, "b"), exited(0)), named(7, "c"));
    expect(parentsOf(home, [draft("end", ["2-9"]), draft("all", ["a", "1-2", "2"])])).toEqual([
      [2, 7],
      [1, 2],
    ]);
  });

  test("a parent together with the end that the child waits for", async () => {
    await using home = homeWith(named(1, "a"));
    const parents = valueOf(resolveParents(new QueueView(home.layout), [draft("b", ["a"], "failure")]));
    expect(parents(0, FIRST).map(({ when }) => when)).toEqual(["failure"]);
  });
});

describe("resolveParents() refuses", () => {
  test.each([
    [
      "a range without a task",
      ["7-9"],
      'Cannot queue "new": it waits for 7-9, and there is no task in that range',
    ],
    ["a number that there is not", ["9"], 'Cannot queue "new": it waits for 9, and there is no task 9'],
    [
      "a name of no task",
      ["trian"],
      'Cannot queue "new": it waits for "trian", and there is no task of that name (did you mean "train"?)',
    ],
    [
      "a name of no task that is near its own",
      ["ne"],
      'Cannot queue "new": it waits for "ne", and there is no task of that name',
    ],
    [
      "a name of several tasks",
      ["twin"],
      'Cannot queue "new": it waits for "twin", and 2 unfinished tasks have that name (name one by its number: 3, 4)',
    ],
    ["itself", ["new"], "Cannot queue a dependency cycle: new -> new"],
  ])("%s", async (_what, references, message) => {
    await using home = homeWith(
      named(1, "train"),
      named(3, "twin"),
      named(4, "twin"),
      after(named(5, "over"), exited(0)),
    );
    expect(refusal(home, [draft("new", references)])).toBe(message);
  });

  test("a cycle, naming its path and not the tasks before it", async () => {
    await using home = new TempHome();
    const drafts = [
      draft("in", ["a"]),
      draft("a", ["b"]),
      draft("b", ["c", "free"]),
      draft("c", ["a"]),
      draft("free"),
    ];
    expect(refusal(home, drafts)).toBe("Cannot queue a dependency cycle: a -> b -> c -> a");
  });

  test("a member of a sweep that waits for its sweep", async () => {
    await using home = new TempHome();
    expect(refusal(home, [member(1, ["sweep"]), member(2)])).toContain("sweep-1 -> sweep-1");
    expect(refusal(home, [draft("a", ["a"]), draft("a", ["a"])])).toContain(
      'it waits for "a", which is its own name',
    );
  });

  test("two large sweeps whose members all wait for each other", async () => {
    await using home = new TempHome();
    const many = Array.from({ length: 1_100 }, (_, index) => index + 1);
    const drafts = [
      ...many.map((index) => member(index)),
      ...many.map((index) => member(index, ["sweep"], "next")),
    ];
    expect(refusal(home, drafts)).toContain("put one task in between");
  });
});

test("resolveParents() refuses a task with more parents than its record has room for", async () => {
  await using home = new TempHome();
  const parents = Array.from({ length: 60_000 }, (_, index) => draft(index % 2 === 0 ? "a" : "b"));
  const twice = [...parents, ...parents];
  expect(refusal(home, [...twice, draft("end", ["a"]), draft("last", ["a", "b"])])).toContain(
    'Cannot queue "last": it waits for more than 100000 tasks (put tasks in between',
  );
});

describe("resolveParents() of 10,000 drafts", () => {
  const chain = (first: readonly string[]): Draft[] =>
    Array.from({ length: 10_000 }, (_, index) => draft(`t${index}`, index === 0 ? first : [`t${index - 1}`]));

  test.each([
    ["in a row", (drafts: Draft[]) => drafts],
    ["in a row, the last one first", (drafts: Draft[]) => drafts.toReversed()],
  ])("of %s takes well under a second of CPU time", async (_what, arranged) => {
    await using home = new TempHome();
    const tookMs = cpuMsOf(() => expect(parentsOf(home, arranged(chain([]))).flat()).toHaveLength(9_999));
    expect(tookMs).toBeLessThan(1_000);
  });

  test("in one cycle is refused", async () => {
    await using home = new TempHome();
    expect(refusal(home, chain(["t9999"]))).toMatch(/: (t\d+ -> ){10000}t\d+$/);
  });
});
