import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { AuditLine } from "../../src/model/audit.ts";
import { cancelledInQueue, retried, stopRequested } from "../../src/model/lifecycle.ts";
import { directoryOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { verifyAudit } from "../../src/store/audit-chain.ts";
import { readRecord } from "../../src/store/record.ts";
import { Writer } from "../../src/store/writer.ts";
import { fakeClock } from "../rig/clock.ts";
import { refusedAt } from "../rig/crash.ts";
import { MOVES } from "../rig/moves.ts";
import { valueOf } from "../rig/results.ts";
import { after, aStop, asClaimed, asRunning, aTask, at, exited } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const NONE = { ok: false, error: "nothing" } as const;
const END = { reason: "User", endedAt: at(9), message: "no longer wanted" } as const;

const lines = (home: TempHome): AuditLine[] =>
  readFileSync(home.layout.audit, "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditLine);
const recordsOf = (home: TempHome): string[] =>
  (["pending", "running", "done", "dead-letter"] as const).flatMap((place) =>
    home.files(place).map((name) => `${place}/${name}`),
  );

function opened(home: TempHome): Writer & Disposable {
  const writer = new Writer(home.layout, fakeClock(Date.parse(at(60_000))));
  return Object.assign(writer, { [Symbol.dispose]: () => writer.close() });
}

describe("commit()", () => {
  test.each(MOVES)(
    "writes $what with the next version, in its one folder, with its audit lines",
    async ({ before, after: next, events }) => {
      await using home = new TempHome();
      using writer = opened(home);
      home.put(before);
      const [written] = writer.commit([{ before, after: next, actor: "ada", detail: "why" }]);
      const expected = { ...next, metadata: { ...next.metadata, resourceVersion: 2, updatedAt: at(60_000) } };
      expect(written?.result).toEqual({ ok: true, value: expected });
      expect(recordsOf(home)).toEqual([`${directoryOf(next.status.state)}/000001-train.json`]);
      expect(
        valueOf(readRecord(home.layout.record(directoryOf(next.status.state), next.metadata.id))),
      ).toEqual(expected);
      expect(home.files("tmp")).toEqual([]);
      expect(lines(home).map(({ event }) => event)).toEqual([...events] as AuditLine["event"][]);
      for (const line of lines(home)) {
        expect(line).toMatchObject({
          actor: "ada",
          task: "000001-train",
          uid: "uid-1",
          version: 2,
          detail: "why",
          at: at(60_000),
        });
      }
      expect(valueOf(verifyAudit(home.layout)).lines).toBe(events.length);
    },
  );

  test("counts one version for each write of a whole life", async () => {
    await using home = new TempHome();
    using writer = opened(home);
    let task = aTask();
    home.put(task);
    for (const step of [
      asClaimed,
      (of: Task) => after(withoutAttempts(of), exited(3)),
      retried,
      (of: Task) => cancelledInQueue(of, END),
    ]) {
      task = valueOf(writer.commit([{ before: task, after: step(task), actor: "ada" }])[0]?.result ?? NONE);
    }
    expect(task.metadata.resourceVersion).toBe(5);
    expect(recordsOf(home)).toEqual(["done/000001-train.json"]);
  });

  test("names an event beside the transition, or instead of it", async () => {
    await using home = new TempHome();
    using writer = opened(home);
    const running = asRunning(aTask());
    home.put(running);
    home.put(aTask({ number: 2 }));
    writer.commit([
      { before: running, after: stopRequested(running, aStop()), actor: "ada", event: "cancel_requested" },
      {
        before: aTask({ number: 2 }),
        after: cancelledInQueue(aTask({ number: 2 }), END),
        actor: "ada",
        event: "cancel_requested",
      },
    ]);
    expect(lines(home).map(({ event, task, from, to }) => [event, task, from, to])).toEqual([
      ["cancel_requested", "000001-train", undefined, undefined],
      ["cancel_requested", "000002-train", undefined, undefined],
      ["task_cancelled", "000002-train", "queued", "cancelled"],
    ]);
  });

  test("writes nothing for a task whose file is gone, and all others", async () => {
    await using home = new TempHome();
    using writer = opened(home);
    const [gone, there] = [aTask({ number: 1 }), aTask({ number: 2 })];
    home.put(there);
    const results = writer.commit(
      [gone, there].map((before) => ({ before, after: asClaimed(before), actor: "stint" })),
    );
    expect(results[0]?.result).toEqual({ ok: false, error: { type: "recordGone" } });
    expect(recordsOf(home)).toEqual(["running/000002-train.json"]);
    expect(lines(home).map(({ task }) => task)).toEqual(["000002-train"]);
  });

  test.each(MOVES.filter(({ what }) => /claim|person/.test(what)))(
    "does not restore by $what a record that was removed",
    async ({ before, after: next }) => {
      await using home = new TempHome();
      using writer = opened(home);
      const [written] = writer.commit([{ before, after: next, actor: "stint" }]);
      expect(written?.result).toEqual({ ok: false, error: { type: "recordGone" } });
      expect(home.files().filter((path) => path.includes("000001"))).toEqual([]);
    },
  );

  test.each(MOVES)(
    "leaves everything unchanged where the disk refuses $what, and does it later",
    async ({ before, after: next, events }) => {
      await using home = new TempHome();
      using writer = opened(home);
      const path = home.put(before);
      const text = readFileSync(path, "utf8");
      const change = { before, after: next, actor: "ada" };
      const [refused] = refusedAt("journal:written", "ENOSPC", () => writer.commit([change]));
      expect(refused?.result).toMatchObject({ ok: false, error: { problem: { code: "DISK_FULL" } } });
      expect(recordsOf(home)).toEqual([`${directoryOf(before.status.state)}/000001-train.json`]);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect([home.files("tmp"), lines(home)]).toEqual([[], []]);
      const [written] = writer.commit([change]);
      expect(valueOf(written?.result ?? NONE).metadata.resourceVersion).toBe(2);
      expect(lines(home)).toHaveLength(events.length);
    },
  );

  test("delays no record for the audit log, and writes the lines later, with none lost and the chain unbroken", async () => {
    await using home = new TempHome();
    using writer = opened(home);
    home.put(aTask());
    const [claimed] = refusedAt("audit:written", "ENOSPC", () =>
      writer.commit([{ before: aTask(), after: asClaimed(aTask()), actor: "ada" }]),
    );
    const task = valueOf(claimed?.result ?? NONE);
    expect(recordsOf(home)).toEqual(["running/000001-train.json"]);
    expect(lines(home)).toEqual([]);
    writer.audit([{ event: "cleanup", actor: "ada" }]);
    expect(lines(home).map(({ event, seq }) => [seq, event])).toEqual([
      [1, "task_preparing"],
      [2, "cleanup"],
    ]);
    expect(verifyAudit(home.layout).ok).toBeTrue();
    expect(task.metadata.resourceVersion).toBe(2);
  });
});

/** The queued task under an open attempt, for the rules that open one themselves. */
function withoutAttempts(task: Task): Task {
  return { ...aTask(), metadata: task.metadata };
}
