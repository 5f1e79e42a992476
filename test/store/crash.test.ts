import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directoryOf, PLACES } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { commitBatch, newBatch, publishBatch } from "../../src/store/batch.ts";
import { takeFile, takenFiles } from "../../src/store/inbox-files.ts";
import { type Layout, MOVING_ENDING } from "../../src/store/layout.ts";
import { reserveNumbers } from "../../src/store/numbers.ts";
import { idsIn } from "../../src/store/reader.ts";
import { readRecord } from "../../src/store/record.ts";
import { recover } from "../../src/store/recover.ts";
import { answerRequest, postRequest, requestNames } from "../../src/store/requests.ts";
import { removeTask } from "../../src/store/retention.ts";
import { Writer } from "../../src/store/writer.ts";
import { fakeClock } from "../rig/clock.ts";
import { crashImages, type Image } from "../rig/crash.ts";
import { MOVES } from "../rig/moves.ts";
import { valueOf } from "../rig/results.ts";
import { aTask, at, taskIn } from "../rig/tasks.ts";
import { filesIn, homeAt, TempHome } from "../rig/temp-home.ts";

/** Failpoints that `lock.test.ts`, `power-cut.test.ts`, `feed.test.ts` and the sweep of test/crash pass, most with a kill that is real. */
const ELSEWHERE = [
  /^lock:/,
  /^audit:(set-aside|begun)$/,
  /^environment:/,
  /^feed:/,
  /^home:/,
  /^numbers:staged$/,
  /^request:fetched$/,
  /^notice:/,
  /^group:/,
  /^inbox:(reason-staged|told|put-back)$/,
  /^quarantine:/,
  /^schedule:/,
  /^batch:firing-noted$/,
  /^checkpoint:/,
  /^keys:/,
  /^definition:/,
  /^overrides:/,
  /^keys:/,
];
const THREE = [1, 2, 3].map((number) => aTask({ number }));

/** What a start-up makes of an image: every record once, in the place that its state names, and nothing left to do. */
function restarted({ layout }: Pick<Image, "layout">): Task[] {
  homeAt(layout.home);
  const { findings, tasks } = recover(layout, Date.now());
  expect(findings).toEqual([]);
  const records = PLACES.flatMap((place) =>
    idsIn(layout, place).map((id) => ({ place, task: valueOf(readRecord(layout.record(place, id))) })),
  );
  expect(records.filter(({ place, task }) => directoryOf(task.status.state) !== place)).toEqual([]);
  expect(new Set(records.map(({ task }) => task.metadata.id)).size).toBe(records.length);
  const alive = records
    .filter(({ place }) => place === "pending" || place === "running")
    .map(({ task }) => task);
  expect(tasks.toSorted(byNumber)).toEqual(alive.toSorted(byNumber));
  expect(readdirSync(layout.incoming)).toEqual([]);
  expect(readdirSync(layout.tmp).filter((name) => name.endsWith(MOVING_ENDING))).toEqual([]);
  const files = filesIn(layout.home);
  expect(recover(layout, Date.now())).toMatchObject({ findings: [], ended: [] });
  expect(filesIn(layout.home)).toEqual(files);
  expect(reserveNumbers(layout, 1)).toBeGreaterThan(
    Math.max(0, ...records.map(({ task }) => task.metadata.number)),
  );
  return records.map(({ task }) => task);
}

const byNumber = (left: Task, right: Task): number => left.metadata.number - right.metadata.number;
const passed = new Set<string>();

/** The images of some work, each told apart by its failpoint and how often that was passed before. */
function imagesOf(home: TempHome, work: (layout: Layout) => void): Image[] {
  const images = crashImages(home, work);
  for (const { failpoint } of images) passed.add(failpoint);
  expect(images.length).toBeGreaterThan(0);
  return images;
}

function commit(layout: Layout, before: Task, after: Task): void {
  const writer = new Writer(layout, fakeClock(Date.parse(at(60_000))));
  valueOf(writer.commit([{ before, after, actor: "ada" }])[0]?.result ?? { ok: false, error: "nothing" });
  writer.close();
}

describe("a kill while a batch is accepted", () => {
  test("accepts all of it or nothing, and all of it once it was acknowledged", async () => {
    await using home = new TempHome();
    const images = imagesOf(home, (layout) => {
      reserveNumbers(layout, 3);
      commitBatch(layout, "b1", { tasks: THREE });
      publishBatch(layout, "b1");
    });
    const counts = images.map((image) => restarted(image).length);
    expect(images.map(({ failpoint }, index) => `${failpoint} ${counts[index]}`)).toEqual([
      "numbers:reserved 0",
      "batch:staged 0",
      "batch:committed 3",
      "batch:synced 3",
      "batch:publishing 3",
      "batch:publishing 3",
      "batch:publishing 3",
      "batch:shelved 3",
      "batch:emptied 3",
    ]);
  });

  test("reads an inbox file before the kill or after it, but never both", async () => {
    await using home = new TempHome();
    writeFileSync(join(home.layout.inbox, "job.yaml"), "run: true\n");
    const images = imagesOf(home, (layout) => {
      const taken = takeFile(layout.inbox, { file: "job.yaml", batch: newBatch() });
      if (taken === null) throw new Error("the file was gone");
      commitBatch(layout, "b1", { tasks: THREE, taken: [taken] });
      publishBatch(layout, "b1");
    });
    // The path of a taken file is a part of its batch: each image takes the place of the home.
    rmSync(home.layout.home, { recursive: true });
    for (const image of images) {
      renameSync(image.layout.home, home.layout.home);
      const count = restarted(home).length;
      const waiting = takenFiles(home.layout.inbox).length;
      expect([image.failpoint, count]).toEqual([image.failpoint, waiting === 0 ? 3 : 0]);
      expect(existsSync(join(home.layout.inbox, ".accepted", "job.yaml"))).toBe(count === 3);
      rmSync(home.layout.home, { recursive: true });
    }
  });
});

describe("a kill while a record is written and moved", () => {
  test.each(MOVES)(
    "leaves the version before or after $what, complete and in its folder",
    async ({ before, after }) => {
      await using home = new TempHome();
      home.put(before);
      const images = imagesOf(home, (layout) => commit(layout, before, after));
      const versions = images.map((image) => {
        const [task, ...others] = restarted(image);
        if (task === undefined) throw new Error(`the record is lost at ${image.failpoint}`);
        expect(others).toEqual([]);
        const { resourceVersion } = task.metadata;
        const expected = resourceVersion === 1 ? before : after;
        expect({ ...task, metadata: expected.metadata }).toEqual(expected);
        return resourceVersion;
      });
      // Once written it stays written.
      expect(versions.toSorted((left, right) => left - right)).toEqual(versions);
      expect(versions.at(-1)).toBe(2);
      for (const { layout } of images) {
        commitNothing(layout);
        expect(verifyAudit(layout).ok).toBeTrue();
      }
    },
  );

  /** What the next holder does to the log: it opens it and notes something. */
  function commitNothing(layout: Layout): void {
    const writer = new Writer(layout, fakeClock());
    writer.audit([{ event: "lock_taken", actor: "ada" }]);
    writer.close();
  }
});

describe("a kill while a supervisor recovers its home", () => {
  test("does not change the result of the next recovery", async () => {
    await using home = new TempHome();
    home.put(aTask({ number: 1 }), "running");
    home.put(taskIn("completed", { number: 2 }), "running");
    home.put(taskIn("cancelled", { number: 3 }), "pending");
    renameSync(
      home.put(taskIn("failed", { number: 4 })),
      home.layout.moving(taskIn("failed", { number: 4 }).metadata.id),
    );
    commitBatch(home.layout, "b1", { tasks: [aTask({ number: 5 }), aTask({ number: 6 })] });
    const images = imagesOf(home, (layout) => recover(layout, Date.now()));
    expect(images.filter(({ failpoint }) => failpoint === "recover:moved")).toHaveLength(4);
    const outcome = (tasks: readonly Task[]): string[] =>
      tasks.map(({ metadata, status }) => `${metadata.number} ${status.state}`).toSorted();
    for (const image of images) {
      expect(outcome(restarted(image))).toEqual([
        "1 queued",
        "2 completed",
        "3 cancelled",
        "4 failed",
        "5 queued",
        "6 queued",
      ]);
    }
  });
});

describe("a kill while a request is answered", () => {
  test("leaves it unanswered, to be answered again, or answered", async () => {
    await using home = new TempHome();
    const request = postRequest(home.layout, {
      at: at(),
      actor: "ada",
      operation: { verb: "retry", targets: [] },
    });
    const images = imagesOf(home, (layout) => answerRequest(layout, { id: request.id, answers: [] }));
    for (const { layout } of images) {
      const isAnswered = existsSync(join(layout.requests, `${request.id}.reply.json`));
      if (!isAnswered) expect(requestNames(layout)).toEqual([`${request.id}.json`]);
    }
  });
});

describe("a kill while an ended task is removed", () => {
  test("leaves it on record or removes it", async () => {
    await using home = new TempHome();
    const task = taskIn("completed");
    home.put(task);
    mkdirSync(home.layout.attempt(task.metadata.id, 1), { recursive: true });
    const images = imagesOf(home, (layout) => removeTask(layout, task.metadata.id, ["logs"]));
    expect(images.map((image) => restarted(image).length)).toEqual([1, 0]);
  });
});

test("every failpoint of the store was passed", () => {
  const texts = filesIn("src/store").map((name) => readFileSync(join("src/store", name), "utf8"));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/failpoint\("([^"]+)"\)/g)].map(([, name]) => name ?? ""),
  );
  expect(names.length).toBeGreaterThan(15);
  const wanted = [...new Set(names)].filter((name) => !ELSEWHERE.some((pattern) => pattern.test(name)));
  expect([...passed].toSorted()).toEqual(wanted.toSorted());
});
