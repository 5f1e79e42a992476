import { describe, expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { cancelledInQueue } from "../../src/model/lifecycle.ts";
import { commitBatch, publishBatch } from "../../src/store/batch.ts";
import { checkpoint, checkpointSome } from "../../src/store/checkpoint.ts";
import { dueSegments, segmentPaths } from "../../src/store/journal.ts";
import { recover } from "../../src/store/recover.ts";
import { Writer } from "../../src/store/writer.ts";
import { fakeClock } from "../rig/clock.ts";
import { crashImages } from "../rig/crash.ts";
import { cutPower, tasksIn } from "../rig/power-cut.ts";
import { asClaimed, aTask, at } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const THREE = [1, 2, 3].map((number) => aTask({ number }));

describe("checkpoint()", () => {
  test.each(["now", "beside other work"])(
    "removes the segments whose records are on the disk, %s",
    async (how) => {
      await using home = new TempHome();
      commitBatch(home.layout, "b1", { tasks: THREE });
      publishBatch(home.layout, "b1");
      const writer = new Writer(home.layout, fakeClock(Date.parse(at(60_000))));
      const [first, second] = THREE;
      if (first === undefined || second === undefined) throw new Error("no tasks");
      const end = { reason: "User", endedAt: at(9), message: "no longer wanted" } as const;
      writer.commit([{ before: first, after: cancelledInQueue(first, end), actor: "ada" }]);
      const segments = writer.endSegment();
      expect(segments).toHaveLength(2);
      // What is written meanwhile has its own segment.
      writer.commit([{ before: second, after: asClaimed(second), actor: "ada" }]);
      expect(
        how === "now" ? checkpointSome(home.layout, segments) : await checkpoint(home.layout, segments),
      ).toEqual([]);
      expect(segmentPaths(home.layout)).toHaveLength(1);
      writer.close();
    },
  );

  test("that is interrupted loses nothing", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    publishBatch(home.layout, "b1");
    const images = crashImages(home, (layout) => checkpointSome(layout, segmentPaths(layout)));
    expect(images.map(({ failpoint }) => failpoint)).toEqual(["checkpoint:synced", "checkpoint:dropped"]);
    for (const { layout } of images) {
      recover(layout, Date.now());
      expect(tasksIn(layout)).toEqual(THREE);
    }
  });

  test("keeps the segment of a record that it cannot sync, until the next boot", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE.slice(0, 1) });
    publishBatch(home.layout, "b1");
    commitBatch(home.layout, "b2", { tasks: THREE.slice(1) });
    publishBatch(home.layout, "b2");
    const path = home.layout.record("pending", THREE[0]?.metadata.id ?? aTask().metadata.id);
    rmSync(path);
    symlinkSync(path, path);
    const findings = await checkpoint(home.layout, dueSegments(home.layout));
    expect(findings.map(({ what }) => what)).toEqual([expect.stringContaining("ELOOP")]);
    expect(segmentPaths(home.layout).map((one) => basename(one))).toEqual(["b1.batch.kept"]);
    expect(dueSegments(home.layout)).toEqual([]);
    expect(dueSegments(home.layout, "another boot")).toHaveLength(1);
    rmSync(path);
    writeFileSync(path, "");
    const layout = cutPower(home, home.layout, "nothing");
    recover(layout, Date.now());
    expect(tasksIn(layout)).toEqual(THREE);
  });

  test("is made by a start that finds many segments", async () => {
    await using home = new TempHome();
    for (let number = 1; number <= 64; number += 1) {
      commitBatch(home.layout, `b${number}`, { tasks: [aTask({ number })] });
      publishBatch(home.layout, `b${number}`);
    }
    expect(segmentPaths(home.layout)).toHaveLength(64);
    expect(recover(home.layout, Date.now()).tasks).toHaveLength(64);
    expect(segmentPaths(home.layout)).toEqual([]);
  });
});
