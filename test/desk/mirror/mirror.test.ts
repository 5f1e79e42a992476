import { describe, expect, test } from "bun:test";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { Mirror } from "../../../src/desk/mirror/mirror.ts";
import { findTask } from "../../../src/desk/select.ts";
import { homeSummarySchema } from "../../../src/model/api/home-summary.ts";
import { apiRowOf, type TaskRow } from "../../../src/model/api/task-row.ts";
import { matches, type Query } from "../../../src/model/query.ts";
import { PLACES, RECORDED_STATES, type State } from "../../../src/model/state.ts";
import type { Task } from "../../../src/model/task.ts";
import { commitBatch, newBatch, publishBatch } from "../../../src/store/batch.ts";
import { allIds, readTask } from "../../../src/store/reader.ts";
import { recordText } from "../../../src/store/record.ts";
import { aCaller } from "../../rig/caller.ts";
import { fc } from "../../rig/fast-check.ts";
import { deadline } from "../../rig/patience.ts";
import { valueOf } from "../../rig/results.ts";
import { aTask, type TaskChange, taskIn } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const numbersOf = (tasks: readonly TaskRow[]): number[] => tasks.map(({ number }) => number);

function opened(home: TempHome): Promise<Mirror> {
  return Mirror.open(aCaller(home.path), home.layout);
}

/** All tasks that a mirror lists, with the pages that it took. */
async function allOf(
  mirror: Mirror,
  query: Query,
  limit: number,
): Promise<{ rows: TaskRow[]; pages: number }> {
  const rows: TaskRow[] = [];
  let pages = 0;
  for (let cursor: number | null | undefined; cursor !== null; pages += 1) {
    const page = valueOf(await mirror.page({ query, limit, cursor }));
    rows.push(...page.tasks);
    cursor = page.next;
  }
  return { rows, pages };
}

async function until(isSo: () => boolean): Promise<void> {
  for (const patience = deadline(); !isSo() && !patience.isOver(); ) await Bun.sleep(5);
  expect(isSo()).toBeTrue();
}

describe("a mirror", () => {
  test("finds a task by its number, id and name, as a command does", async () => {
    await using home = new TempHome();
    home.put(taskIn("queued", { number: 1, name: "alone" }));
    home.put(taskIn("failed", { number: 2, name: "twice" }));
    home.put(taskIn("running", { number: 3, name: "twice" }));
    home.put(taskIn("completed", { number: 4, name: "past" }));
    home.put(taskIn("cancelled", { number: 5, name: "past" }));
    await using mirror = await opened(home);
    const references = ["1", "2", "000003-twice", "alone", "twice", "past", "9", "000009-x", "none", "alon"];
    for (const reference of references)
      expect(mirror.get(reference)).toEqual(findTask(home.layout, reference));
  });

  test("lists by every criterion, from the highest number down, a page at a time", async () => {
    await using home = new TempHome();
    const group = { id: 3, name: "grid", index: 1, size: 2, values: {} };
    const changes: readonly (readonly [State, TaskChange])[] = [
      ["completed", { metadata: { labels: { team: "a" } } }],
      ["failed", { name: "other" }],
      ["queued", { spec: { slot: "lane" }, metadata: { group } }],
      ["completed", { metadata: { group: { ...group, index: 2 } } }],
      ["running", { name: "trainer" }],
    ];
    for (const [index, [state, change]] of changes.entries())
      home.put(taskIn(state, { number: index + 1, ...change }));
    await using mirror = await opened(home);
    const listed = async (query: Query, more = {}): Promise<number[]> =>
      numbersOf(valueOf(await mirror.page({ query, limit: 10, ...more })).tasks);
    expect(await listed({})).toEqual([5, 4, 3, 2, 1]);
    expect(await listed({ states: ["completed", "running"] })).toEqual([5, 4, 1]);
    expect(await listed({ name: "train*" })).toEqual([5, 4, 3, 1]);
    expect(await listed({ labels: { team: "a" } })).toEqual([1]);
    expect(await listed({ failure: "code" })).toEqual([2]);
    expect(await listed({ slot: "lane" })).toEqual([3]);
    for (const name of ["grid", "3", "4"]) expect(await listed({}, { group: name })).toEqual([4, 3]);
    expect(await mirror.page({ query: {}, group: "none", limit: 1 })).toMatchObject({ ok: false });
    expect((await allOf(mirror, {}, 2)).rows.map(({ number }) => number)).toEqual([5, 4, 3, 2, 1]);
  });

  test("lists the queue in the order in which tasks start, and says why each waits, from one plan until something changes", async () => {
    await using home = new TempHome();
    home.put(taskIn("running", { number: 1 }));
    home.put(aTask({ number: 2, spec: { hold: true } }));
    home.put(aTask({ number: 3 }));
    home.put(aTask({ number: 4, spec: { priority: 5 } }));
    await using mirror = await opened(home);
    const queue = async (cursor?: number) =>
      valueOf(await mirror.page({ query: {}, limit: 3, cursor, order: "queue" }));
    const first = await queue();
    expect(numbersOf(first.tasks)).toEqual([1, 4, 3]);
    expect(numbersOf((await queue(first.next ?? 0)).tasks)).toEqual([2]);
    const held = aTask({ number: 2 }).metadata.id;
    expect((await mirror.waits(held)).map(({ type }) => type)).toEqual(["held", "unsupervised"]);
    expect(await mirror.waits(taskIn("running", { number: 1 }).metadata.id)).toEqual([]);
    const before = mirror.version;
    home.put(aTask({ number: 2 }));
    await until(() => mirror.version > before);
    expect((await mirror.waits(held)).map(({ type }) => type)).toEqual(["unsupervised"]);
  });

  test("counts states, names services, and tells since when the oldest task is queued", async () => {
    await using home = new TempHome();
    for (const [index, state] of RECORDED_STATES.entries()) home.put(taskIn(state, { number: index + 1 }));
    await using mirror = await opened(home);
    const summary = mirror.summary();
    expect(v.parse(homeSummarySchema, summary)).toEqual(summary);
    for (const state of RECORDED_STATES) expect(summary.states[state]).toBe(1);
    expect(summary).toMatchObject({ uncounted: 0, supervisor: null, services: [] });
    expect(summary.oldestQueuedAt).toBe(aTask().metadata.createdAt);
  });

  test("sees what is submitted, moved, edited by hand and removed, without a line of the log", async () => {
    await using home = new TempHome();
    home.put(aTask({ number: 1 }));
    await using mirror = await opened(home);
    const { version } = mirror;
    commitBatch(home.layout, newBatch(), { tasks: [aTask({ number: 2, name: "new" })] });
    await until(() => mirror.get("new").ok);
    expect(mirror.version).toBeGreaterThan(version);
    home.put(taskIn("running", { number: 1 }), "pending");
    renameSync(
      home.layout.record("pending", aTask().metadata.id),
      home.layout.record("running", aTask().metadata.id),
    );
    await until(() => mirror.summary().states.running === 1);
    const done = taskIn("completed", { number: 1 });
    home.put(done);
    rmSync(home.layout.record("running", done.metadata.id));
    await until(() => mirror.summary().states.completed === 1);
    home.put({ ...done, metadata: { ...done.metadata, labels: { edited: "yes" } } });
    await until(() => mirror.version > 0 && valueOf(mirror.get("1")).metadata.labels["edited"] === "yes");
    rmSync(home.layout.record("done", done.metadata.id));
    await until(() => !mirror.get("1").ok);
    await until(() => mirror.summary().states.completed === 0);
  });
});

/** What happens to a home: by stint, by hand, by an accident. */
const anyOperation = fc.oneof(
  fc.record({
    type: fc.constant("put" as const),
    number: fc.integer({ min: 1, max: 30 }),
    state: fc.constantFrom(...RECORDED_STATES),
    label: fc.constantFrom("a", "b"),
  }),
  fc.record({ type: fc.constant("remove" as const), number: fc.integer({ min: 1, max: 30 }) }),
  fc.record({
    type: fc.constant("submit" as const),
    count: fc.integer({ min: 1, max: 4 }),
    isPublished: fc.boolean(),
  }),
  fc.record({ type: fc.constant("damage" as const), number: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ type: fc.constant("catch up" as const) }),
);
type Operation = typeof anyOperation extends fc.Arbitrary<infer O> ? O : never;

function removed(home: TempHome, { metadata: { id } }: Task): void {
  for (const place of PLACES) rmSync(home.layout.record(place, id), { force: true });
}

async function carryOut(home: TempHome, mirror: Mirror, operation: Operation): Promise<void> {
  if (operation.type === "catch up") await mirror.catchUp({ isWhole: true });
  if (operation.type === "submit") {
    const numbers = Array.from(
      { length: operation.count },
      (_, index) => 100 + index + readdirSync(home.layout.incoming).length * 10,
    );
    const batch = newBatch();
    const isNew = numbers.every((number) =>
      PLACES.every(
        (place) => !readdirSync(home.layout.place(place)).includes(`${aTask({ number }).metadata.id}.json`),
      ),
    );
    if (!isNew) return;
    commitBatch(home.layout, batch, { tasks: numbers.map((number) => aTask({ number })) });
    if (operation.isPublished) publishBatch(home.layout, batch);
  }
  if (operation.type === "remove") removed(home, aTask({ number: operation.number }));
  if (operation.type === "put" || operation.type === "damage") {
    const { number } = operation;
    const task =
      operation.type === "put"
        ? taskIn(operation.state, { number, metadata: { labels: { one: operation.label } } })
        : aTask({ number });
    removed(home, task);
    const path = home.put(task);
    if (operation.type === "damage") writeFileSync(path, recordText(task).slice(0, 100));
  }
}

/** The rows by reads of all records. */
function rowsRead({ layout }: TempHome, query: Query): TaskRow[] {
  const tasks = allIds(layout).flatMap((id) => {
    const read = readTask(layout, id);
    return read.ok && matches(read.value, query) ? [read.value] : [];
  });
  return tasks.map(apiRowOf).toReversed();
}

test("after any operations, a mirror answers what reads of the home answer", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyOperation, { minLength: 1, maxLength: 25 }), async (operations) => {
      await using home = new TempHome();
      await using mirror = await opened(home);
      for (const operation of operations) await carryOut(home, mirror, operation);
      await mirror.catchUp({ isWhole: true });
      await using fresh = await opened(home);
      for (const query of [
        {},
        { states: ["failed", "queued"] },
        { labels: { one: "a" } },
      ] satisfies Query[]) {
        const read = rowsRead(home, query);
        expect((await allOf(mirror, query, 7)).rows).toEqual(read);
        expect((await allOf(fresh, query, 7)).rows).toEqual(read);
      }
      for (let number = 1; number <= 30; number += 1)
        expect(mirror.get(String(number)).ok).toBe(findTask(home.layout, String(number)).ok);
      expect(mirror.summary()).toEqual(fresh.summary());
    }),
    { numRuns: 25 },
  );
}, 120_000);
