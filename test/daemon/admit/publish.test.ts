import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Publisher } from "../../../src/daemon/admit/publish.ts";
import { armFailpoints } from "../../../src/lib/failpoint.ts";
import type { TaskId } from "../../../src/model/identity.ts";
import type { Spec } from "../../../src/model/spec.ts";
import { commitBatch } from "../../../src/store/batch.ts";
import { diskFaultOf } from "../../../src/store/disk-fault.ts";
import { fakeClock } from "../../rig/clock.ts";
import { disarmFailpoints } from "../../rig/crash.ts";
import { holderOf } from "../../rig/holder.ts";
import { Stint, until } from "../../rig/stint.ts";
import { aTask } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const FOLDERS = ["pending", "running", "done", "dead-letter", "journal"];

test.each(FOLDERS)("a batch waits until %s/ can be used again, and is published then", async (folder) => {
  await using home = new TempHome();
  const clock = fakeClock();
  const said: string[] = [];
  const supervisor = holderOf(home.layout, clock, (line) => said.push(line));
  const incoming = new Publisher(supervisor);
  const path = join(home.layout.home, folder);
  mkdirSync(path, { recursive: true });
  renameSync(path, `${path}.aside`);
  writeFileSync(path, "in the way");
  commitBatch(home.layout, "b1", { tasks: [1, 2, 3].map((number) => aTask({ number })) });
  incoming.runSlice();
  // As long as that is so nothing is tried, and it is said.
  for (let look = 0; look < 5; look += 1) {
    clock.advance(10_000);
    expect(supervisor.committer.ensureWritable()).toBeFalse();
  }
  expect(said.filter((line) => line.includes("no task starts until"))).toHaveLength(1);
  rmSync(path);
  renameSync(`${path}.aside`, path);
  clock.advance(10_000);
  expect(supervisor.committer.ensureWritable()).toBeTrue();
  incoming.runSlice();
  expect(supervisor.queue.queued.map(({ metadata }) => metadata.number)).toEqual([1, 2, 3]);
  expect(home.files("incoming")).toEqual([]);
  expect(diskFaultOf(home.layout)).toBeNull();
  supervisor[Symbol.dispose]();
});

interface Doing {
  readonly home: TempHome;
  readonly ids: readonly TaskId[];
}

const unreadable: readonly [string, (doing: Doing) => () => void][] = [
  [
    "read",
    ({ home }) => {
      const pending = home.layout.place("pending");
      armFailpoints((reached) => {
        if (reached !== "incoming:published") return;
        disarmFailpoints();
        renameSync(pending, `${pending}.aside`);
        writeFileSync(pending, "in the way");
      });
      return () => {
        rmSync(pending);
        renameSync(`${pending}.aside`, pending);
      };
    },
  ],
  [
    "put aside",
    ({ home, ids }) => {
      const path = join(home.layout.incoming, "b1", `${ids[0]}.json`);
      const text = readFileSync(path, "utf8");
      writeFileSync(path, "spoilt");
      armFailpoints((reached) => {
        if (reached === "quarantine:prepared") throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
      });
      return () => writeFileSync(home.layout.record("pending", ids[0] as TaskId), text);
    },
  ],
];

test.each(unreadable)(
  "an accepted task whose record cannot be %s is reported, and published later",
  async (_what, prepare) => {
    await using home = new TempHome();
    const { layout } = home;
    const clock = fakeClock();
    const said: string[] = [];
    const supervisor = holderOf(layout, clock, (line) => said.push(line));
    const tasks = [1, 2].map((number) => aTask({ number }));
    const ids = tasks.map(({ metadata }) => metadata.id);
    commitBatch(layout, "b1", { tasks });
    const incoming = new Publisher(supervisor);
    const mend = prepare({ home, ids });
    try {
      incoming.runSlice();
    } finally {
      disarmFailpoints();
    }
    const first = ids[0] as TaskId;
    expect(supervisor.queue.queued.map(({ metadata }) => metadata.id)).not.toContain(first);
    expect(readFileSync(layout.obstacle, "utf8")).toContain(`{"batch":"${first}","message":"Cannot `);
    // No command waits for what is tried again only later.
    expect(ids.some((id) => supervisor.queue.arrivals.isAwaited(id))).toBeFalse();
    expect(incoming.retryInMs).toBe(2_000);
    mend();
    incoming.runSlice();
    expect(supervisor.queue.queued.map(({ metadata }) => metadata.id)).not.toContain(first);
    clock.advance(2_000);
    incoming.runSlice();
    expect(supervisor.queue.queued.map(({ metadata }) => metadata.id).toSorted()).toEqual(ids);
    expect(
      said.filter((line) => line.includes("retrying, with a growing delay") && line.includes(first)),
    ).toHaveLength(1);
    expect(existsSync(layout.obstacle)).toBeFalse();
    expect(incoming.retryInMs).toBeNull();
    supervisor[Symbol.dispose]();
  },
);

test("a batch that cannot be published is retried with growing pauses, delays no other, and is reported", async () => {
  await using stint = new Stint();
  await stint.up();
  await stint.ok("submit", "--name", "first", "--", "true");
  await stint.reach(1, "completed");
  // What stands in the place of a record cannot be moved into pending/ over a folder.
  const batch = join(stint.home, "incoming", "spoilt");
  const aside = join(stint.home, "tmp", "spoilt");
  mkdirSync(join(aside, "journal", "no-file"), { recursive: true });
  mkdirSync(join(stint.home, "journal", "spoilt.batch"), { recursive: true });
  writeFileSync(join(stint.home, "journal", "spoilt.batch", "x"), "");
  writeFileSync(join(aside, "000009-stuck.json"), JSON.stringify(stint.record(1)));
  renameSync(aside, batch);
  await until("it is told of", () =>
    stint.textOf("home/obstacle.json").includes('"stuck":[{"batch":"spoilt"'),
  );
  await stint.ok("submit", "--name", "second", "--", "true");
  await stint.reach(2, "completed");
  expect((await stint.run(["doctor"])).out).toContain("cannot be queued: Cannot publish");
  rmSync(join(stint.home, "journal", "spoilt.batch"), { recursive: true });
  await until("it is taken in", () => stint.files("incoming").length === 0);
  await until("nothing is told any more", () => !stint.files(".").includes("obstacle.json"));
}, 60_000);

/** So many tasks that they are not in after a slice of a clock that goes on at each look at it. */
const MANY = 300;

const SMALL: readonly (readonly [string, Partial<Spec>, boolean])[] = [
  ["without a lane", {}, true],
  ["in a lane of its own", { slot: "own" }, true],
  ["in a lane of the large one", { slot: "lane-3" }, false],
  ["with a key of the large one", { unique: "key-3" }, false],
  [
    "after a task of the large one",
    { after: [{ task: aTask({ number: MANY }).metadata.id, when: "any" }] },
    false,
  ],
];

test.each(SMALL)(
  "a task %s is taken in beside a large batch where that makes no difference",
  async (...of) => {
    const [, spec, isBefore] = of;
    await using home = new TempHome();
    const still = fakeClock();
    const awakeMs = (): number => {
      still.advance(1);
      return still.awakeMs();
    };
    const supervisor = holderOf(home.layout, { ...still, awakeMs });
    const incoming = new Publisher(supervisor);
    const many = Array.from({ length: MANY }, (_, index) =>
      aTask({ number: index + 1, spec: { slot: `lane-${index}`, unique: `key-${index}` } }),
    );
    const small = aTask({ number: MANY + 1, spec });
    commitBatch(home.layout, "b1", { tasks: many });
    incoming.runSlice();
    commitBatch(home.layout, "b2", { tasks: [small] });
    let before = -1;
    while (incoming.runSlice() !== null)
      if (before < 0 && supervisor.queue.tasks.has(small.metadata.id))
        before = supervisor.queue.queued.length - 1;
    expect(before >= 0 && before < MANY).toBe(isBefore);
    expect(supervisor.queue.queued).toHaveLength(MANY + 1);
    expect(home.files("incoming")).toEqual([]);
    supervisor[Symbol.dispose]();
  },
);
