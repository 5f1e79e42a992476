import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeTaskId, type TaskId } from "../../src/model/identity.ts";
import { figuresOf, type Outline, sharedOutline } from "../../src/model/outline.ts";
import { ENDED_PLACES, type EndedPlace } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import type { Layout } from "../../src/store/layout.ts";
import { eachOutline, endedFiles } from "../../src/store/outlines.ts";
import { readRecord, recordText } from "../../src/store/record.ts";
import { SHAPES } from "../crash/hostile.ts";
import { fc } from "../rig/fast-check.ts";
import { after, aTask, exited, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

/** As if some time had passed since the last change. */
const LATER_MS = 60_000;
/** Longer than any kernel's tick: what changes after it has another time. */
const TICK_MS = 25;
const MANY = 2_100;

const PLAIN = after(aTask(), exited(0));
const LABELLED = after(
  aTask({ name: "label", spec: { slot: "disk" }, metadata: { labels: { paper: "fig3" }, batch: "b1" } }),
  exited(0),
);
const FAILED = taskIn("failed");

/** A record as one of some tasks, with another number. */
function numbered(task: Task, number: number): Task {
  return { ...task, metadata: { ...task.metadata, id: makeTaskId(number, "t"), number } };
}

function fill(home: TempHome): void {
  for (let number = 1; number <= MANY; number += 1)
    home.put(numbered(number % 7 === 0 ? LABELLED : PLAIN, number));
}

/** What is said of a task, whether it was read just now or kept. */
const told = (of: Outline): unknown => [
  of.metadata.id,
  of.metadata.name,
  of.metadata.updatedAt,
  of.status.endedAt,
  sharedOutline(of),
  figuresOf(of),
];

function look(layout: Layout, place: EndedPlace = "done", nowMs = Date.now() + LATER_MS): unknown[] {
  return [...endedFiles(layout, place, { nowMs })].map(({ id, outline }) => [
    id,
    outline === null ? null : told(outline),
  ]);
}

/** What it ought to say. */
function read(layout: Layout, place: EndedPlace = "done"): unknown[] {
  return readdirSync(layout.place(place))
    .toSorted(
      (left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10) || (left < right ? -1 : 1),
    )
    .map((name) => {
      const id = name.slice(0, -".json".length) as TaskId;
      const record = readRecord(layout.record(place, id));
      const isRight =
        record.ok &&
        record.value.metadata.id === id &&
        (record.value.status.state === "failed") === (place === "dead-letter");
      return [id, isRight ? told(record.value) : null];
    });
}

/** Says something else of every task, under the same stamps and a right hash. */
function forge(layout: Layout): void {
  const path = layout.outlines("done", 0);
  const json = (readFileSync(path, "utf8").split("\n")[1] ?? "").replaceAll(
    '"state":"completed"',
    '"state":"cancelled"',
  );
  writeFileSync(path, `${Bun.hash(json).toString(36)}\n${json}\n`);
}

const states = (layout: Layout): Set<string | undefined> =>
  new Set(
    [...endedFiles(layout, "done", { nowMs: Date.now() + LATER_MS })].map(
      ({ outline }) => outline?.status.state,
    ),
  );

describe("endedFiles()", () => {
  test("caches what it has read of thousands, and uses it while the files are unchanged", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(home);
    expect(look(layout)).toEqual(read(layout));
    forge(layout);
    expect(states(layout)).toEqual(new Set(["cancelled"]));
    Bun.sleepSync(TICK_MS);
    for (let number = 1; number <= MANY; number += 1) home.put(numbered(LABELLED, number));
    expect(states(layout)).toEqual(new Set(["completed"]));
    expect(look(layout)).toEqual(read(layout));
  });

  test("caches nothing of a few records, nor of recent ones", async () => {
    await using home = new TempHome();
    const { layout } = home;
    home.put(FAILED);
    expect(look(layout, "dead-letter")).toEqual(read(layout, "dead-letter"));
    expect(existsSync(layout.index)).toBeFalse();
    fill(home);
    // To those who fill the folder it is no earlier than now.
    look(layout, "done", Date.now() - LATER_MS);
    expect(existsSync(layout.outlines("done", 0))).toBeFalse();
  });

  test("gives the same result with the cache as without, whatever happens to the files", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(home);
    look(layout);
    const number = fc.integer({ min: 1, max: MANY + 3 });
    const change = fc.record({
      number,
      type: fc.constantFrom("edit", "replace", "remove", "put", "spoil", "swap", "far"),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        Bun.sleepSync(TICK_MS);
        for (const one of changes) apply(home, one);
        Bun.sleepSync(TICK_MS);
        expect(look(layout)).toEqual(read(layout));
      }),
      { numRuns: 10 },
    );
  });

  test("tolerates anything in the place of its cache", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(home);
    look(layout);
    const path = layout.outlines("done", 0);
    const good = readFileSync(path, "utf8");
    const shapes: Readonly<Record<string, (path: string, text: string) => void>> = {
      ...SHAPES,
      "cut short": (at) => writeFileSync(at, good.slice(0, -9)),
      "another form": (at) => writeFileSync(at, good.replace('"form":2', '"form":3')),
    };
    for (const [shape, spoil] of Object.entries(shapes)) {
      spoil(path, good);
      expect([shape, look(layout)]).toEqual([shape, read(layout)]);
      rmSync(path, { recursive: true, force: true });
      look(layout);
    }
    rmSync(layout.index, { recursive: true });
    writeFileSync(layout.index, "mine");
    expect(look(layout)).toEqual(read(layout));
  });

  test("drops what is gone", async () => {
    await using home = new TempHome();
    const { layout } = home;
    fill(home);
    home.put(numbered(PLAIN, 20_001));
    look(layout);
    expect(readdirSync(dirname(layout.outlines("done", 0)))).toHaveLength(2);
    rmSync(layout.record("done", makeTaskId(20_001, "t")));
    look(layout);
    expect(readdirSync(dirname(layout.outlines("done", 0)))).toHaveLength(1);
  });
});

/** Changes a file of the folder. */
function apply(home: TempHome, { type, number }: { readonly type: string; readonly number: number }): void {
  const { layout } = home;
  const path = layout.record("done", makeTaskId(number, "t"));
  if (type === "put") return void home.put(numbered(LABELLED, number));
  if (type === "far") return void home.put(numbered(LABELLED, number * 1_000));
  if (!existsSync(path)) return;
  if (type === "edit") writeFileSync(path, recordText(numbered(LABELLED, number)));
  if (type === "spoil") writeFileSync(path, "spoilt");
  if (type === "remove") rmSync(path);
  if (type === "swap") renameSync(path, layout.record("done", makeTaskId(number, "u")));
  if (type === "replace") {
    writeFileSync(`${layout.tmp}/next`, recordText(numbered(FAILED, number)));
    renameSync(`${layout.tmp}/next`, path);
  }
}

test("eachOutline() yields every task once, queued and running ones as they are", async () => {
  await using home = new TempHome();
  const { layout } = home;
  const tasks = [
    aTask({ number: 1 }),
    taskIn("running", { number: 2 }),
    taskIn("completed", { number: 3 }),
    taskIn("failed", { number: 4 }),
  ];
  for (const task of tasks) home.put(task);
  home.put(aTask({ number: 5 }), "done");
  writeFileSync(layout.record("done", makeTaskId(6, "t")), "spoilt");
  const found = [...eachOutline(layout, ["pending", "running", ...ENDED_PLACES])];
  expect(found.map(({ status }) => status.state).toSorted()).toEqual([
    "completed",
    "failed",
    "queued",
    "queued",
    "running",
  ]);
  expect([...eachOutline(layout, ["dead-letter"])].map(({ metadata }) => metadata.id)).toEqual([
    tasks[3]?.metadata.id as TaskId,
  ]);
});
