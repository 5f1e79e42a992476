import { describe, expect, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { directoryOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { Audit } from "../../src/store/audit.ts";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { commitBatch, publishBatch } from "../../src/store/batch.ts";
import { dueSegments, segmentPaths } from "../../src/store/journal.ts";
import type { Layout } from "../../src/store/layout.ts";
import { recover } from "../../src/store/recover.ts";
import { Writer } from "../../src/store/writer.ts";
import { fakeClock } from "../rig/clock.ts";
import { crashImages } from "../rig/crash.ts";
import { MOVES } from "../rig/moves.ts";
import { cutPower, LOSSES, recordPaths, tasksIn } from "../rig/power-cut.ts";
import { valueOf } from "../rig/results.ts";
import { asClaimed, aTask, at } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const THREE = [1, 2, 3].map((number) => aTask({ number }));

function commit(layout: Layout, before: Task, after: Task): Task {
  const writer = new Writer(layout, fakeClock(Date.parse(at(60_000))));
  const [written] = writer.commit([{ before, after, actor: "ada" }]);
  writer.close();
  return valueOf(written?.result ?? { ok: false, error: "nothing" });
}

const CASES = MOVES.flatMap((move) =>
  (Object.keys(LOSSES) as (keyof typeof LOSSES)[]).map((loss) => ({ ...move, loss })),
);

describe("a power cut", () => {
  test.each(CASES)("after $what loses no change where it takes $loss", async ({ before, after, loss }) => {
    await using home = new TempHome();
    home.put(before);
    const whole = home.copy();
    const written = commit(home.layout, before, after);
    const layout = cutPower(home, whole, loss);
    const { findings, replayed } = recover(layout, Date.now());
    expect(tasksIn(layout)).toEqual([written]);
    expect(recordPaths(layout)).toEqual([
      layout.record(directoryOf(written.status.state), written.metadata.id),
    ]);
    expect(findings).toEqual([]);
    expect(replayed).toEqual(loss === "nothing" ? [] : [written.metadata.id]);
    expect(recover(layout, Date.now())).toMatchObject({ replayed: [], findings: [] });
    expect(tasksIn(layout)).toEqual([written]);
  });

  test("reports an end whose record was lost, so that its notices are sent", async () => {
    await using home = new TempHome();
    const running = MOVES.find(({ what }) => what === "a success");
    if (running === undefined) throw new Error("no success");
    home.put(running.before);
    const whole = home.copy();
    const written = commit(home.layout, running.before, running.after);
    const told: string[] = [];
    recover(cutPower(home, whole, "all of the writes"), Date.now(), {
      announce: (moved) =>
        told.push(...moved.map(({ after }) => `${after.metadata.id} ${after.status.state}`)),
    });
    expect(told).toEqual([`${written.metadata.id} completed`]);
  });

  test("loses nothing of an accepted batch, at any step of its publication", async () => {
    await using home = new TempHome();
    const whole = home.copy();
    const passed: string[] = [];
    const images = crashImages(home, (layout) => {
      commitBatch(layout, "b1", { tasks: THREE });
      publishBatch(layout, "b1");
    });
    for (const { failpoint, layout } of images.filter((image) => image.failpoint !== "batch:staged")) {
      passed.push(failpoint);
      const here = Object.assign(Object.create(home) as TempHome, { copy: () => layout });
      const isShelved = ["batch:shelved", "batch:emptied"].includes(failpoint);
      for (const batch of readdirSync(layout.incoming)) {
        for (const name of readdirSync(join(layout.incoming, batch)).filter((one) => one.endsWith(".json")))
          rmSync(join(layout.incoming, batch, name));
      }
      cutPower(here, whole, isShelved ? "the content of the records" : "all of the writes");
      recover(layout, Date.now());
      expect([failpoint, tasksIn(layout)]).toEqual([failpoint, THREE]);
      expect(readdirSync(layout.incoming)).toEqual([]);
    }
    expect(passed).toContain("batch:committed");
    expect(passed).toContain("batch:shelved");
  });

  test("restores no record that was removed", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    publishBatch(home.layout, "b1");
    const [first, second] = THREE;
    if (first === undefined || second === undefined) throw new Error("no tasks");
    const claimed = commit(home.layout, second, asClaimed(second));
    rmSync(home.layout.record("pending", first.metadata.id));
    rmSync(home.layout.record("running", claimed.metadata.id));
    const layout = cutPower(home, home.layout, "nothing");
    expect(recover(layout, Date.now()).replayed).toEqual([]);
    expect(tasksIn(layout).map(({ metadata }) => metadata.number)).toEqual([3]);
  });

  test("restores no task of an unpublished batch that the audit log shows as gone on", async () => {
    await using home = new TempHome();
    const [first] = THREE;
    if (first === undefined) throw new Error("no task");
    commitBatch(home.layout, "b1", { tasks: THREE });
    const { uid, id } = first.metadata;
    // As where something stood in the way of the batch's folder, and the task ran and was cleaned up.
    rmSync(join(home.layout.incoming, "b1", `${id}.json`));
    using audit = new Audit(home.layout);
    const line = { actor: "ada", task: id, uid };
    audit.append([{ ...line, event: "task_completed", version: 3 }], Date.now());
    const layout = cutPower(home, home.layout, "nothing");
    recover(layout, Date.now());
    expect(tasksIn(layout).map(({ metadata }) => metadata.number)).toEqual([2, 3]);
  });

  test("puts aside an invalid record that was written by hand, and restores the record", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    publishBatch(home.layout, "b1");
    writeFileSync(
      home.layout.record("pending", THREE[0]?.metadata.id ?? aTask().metadata.id),
      '{"metadata": ',
    );
    const layout = cutPower(home, home.layout, "nothing");
    expect(recover(layout, Date.now()).findings.map(({ what }) => what)).toEqual([
      expect.stringContaining("put aside"),
    ]);
    expect(tasksIn(layout)).toEqual(THREE);
  });

  test("leaves zeros at the end of the audit log, which are cut", async () => {
    await using home = new TempHome();
    const note = { event: "lock_taken", actor: "ada" } as const;
    {
      using audit = new Audit(home.layout);
      audit.append([note, note], Date.now());
    }
    truncateSync(home.layout.audit, 200_000);
    {
      using audit = new Audit(home.layout);
      audit.append([note], Date.now());
    }
    expect(valueOf(verifyAudit(home.layout)).lines).toBe(4);
  });

  test("in the middle of a line loses only what was not acknowledged", async () => {
    await using home = new TempHome();
    home.put(aTask());
    const whole = home.copy();
    const written = commit(home.layout, aTask(), asClaimed(aTask()));
    const [path = ""] = segmentPaths(home.layout);
    const text = readFileSync(path, "utf8").replaceAll("\0", "");
    writeFileSync(path, `${text}${text.split("\n")[1]?.slice(0, 300)}`);
    const layout = cutPower(home, whole, "all of the writes");
    recover(layout, Date.now());
    expect(tasksIn(layout)).toEqual([written]);
  });
});

describe("within one boot", () => {
  test("keeps a change whose record was not written when its writer was killed", async () => {
    await using home = new TempHome();
    home.put(aTask());
    const image = crashImages(home, (layout) => commit(layout, aTask(), asClaimed(aTask()))).find(
      ({ failpoint }) => failpoint === "commit:journaled",
    );
    if (image === undefined) throw new Error("not passed");
    expect(recover(image.layout, Date.now()).replayed).toEqual([aTask().metadata.id]);
    expect(tasksIn(image.layout).map(({ status }) => status.state)).toEqual(["preparing"]);
  });

  test.each(["garbage", ""])("restores the record of a running job that was damaged: %j", async (damage) => {
    await using home = new TempHome();
    home.put(aTask());
    commit(home.layout, aTask(), asClaimed(aTask()));
    const { id } = aTask().metadata;
    writeFileSync(home.layout.record("running", id), damage);
    const { replayed, findings } = recover(home.layout, Date.now());
    expect([replayed, findings.length]).toEqual([[id], damage === "" ? 0 : 1]);
    expect(tasksIn(home.layout).map(({ status }) => status.state)).toEqual(["preparing"]);
  });

  test("puts aside a record that was corrupted by hand, and does not restore it", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: THREE });
    publishBatch(home.layout, "b1");
    writeFileSync(home.layout.record("pending", THREE[0]?.metadata.id ?? aTask().metadata.id), "{");
    expect(recover(home.layout, Date.now()).findings).toHaveLength(1);
    expect(tasksIn(home.layout)).toEqual(THREE.slice(1));
  });
});

test("a file in journal/ that is no segment is reported and left alone", async () => {
  await using home = new TempHome();
  home.put(aTask());
  mkdirSync(join(home.layout.journal, "0.log"));
  symlinkSync("nowhere", join(home.layout.journal, "1.batch"));
  expect(Bun.spawnSync(["mkfifo", join(home.layout.journal, "2.log")]).success).toBeTrue();
  writeFileSync(join(home.layout.journal, "3.log"), "");
  const { findings, tasks } = recover(home.layout, Date.now());
  expect(findings).toHaveLength(3);
  expect(tasks).toHaveLength(1);
  expect(dueSegments(home.layout).map((path) => basename(path))).toEqual(["3.log"]);
});
