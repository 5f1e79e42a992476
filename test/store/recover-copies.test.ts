import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { isTerminal, type State, type StateDirectory } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { reserveNumbers } from "../../src/store/numbers.ts";
import { parseRecord } from "../../src/store/record.ts";
import { recover } from "../../src/store/recover.ts";
import { ID, NAME, recordsOf, recovered } from "../rig/recovery.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

describe("recover() of one id in two places", () => {
  const [queued, running, completed, failed] = [
    aTask(),
    taskIn("running"),
    taskIn("completed"),
    taskIn("failed"),
  ];
  const aside = (place: StateDirectory, state: State): string => `${place}/.corrupt/${NAME} ${state}`;

  test.each([
    [
      "running before pending",
      [running, "running"],
      [queued, "pending"],
      `running/${NAME} running`,
      aside("pending", "queued"),
    ],
    [
      "running before dead-letter",
      [running, "running"],
      [failed, "dead-letter"],
      `running/${NAME} running`,
      aside("dead-letter", "failed"),
    ],
    [
      "running before done",
      [running, "running"],
      [completed, "done"],
      `running/${NAME} running`,
      aside("done", "completed"),
    ],
    [
      "pending before dead-letter",
      [queued, "pending"],
      [failed, "dead-letter"],
      `pending/${NAME} queued`,
      aside("dead-letter", "failed"),
    ],
    [
      "pending before done",
      [queued, "pending"],
      [completed, "done"],
      `pending/${NAME} queued`,
      aside("done", "completed"),
    ],
    [
      "dead-letter before done",
      [failed, "dead-letter"],
      [completed, "done"],
      `dead-letter/${NAME} failed`,
      aside("done", "completed"),
    ],
    [
      "a claim that was not written before a copy in pending",
      [{ ...queued, metadata: { ...queued.metadata, resourceVersion: 9 } }, "running"],
      [queued, "pending"],
      `pending/${NAME} queued`,
      aside("pending", "queued"),
    ],
    [
      "an end in running before a copy that still waits",
      [completed, "running"],
      [queued, "pending"],
      `done/${NAME} completed`,
      aside("pending", "queued"),
    ],
    [
      "an end in running before an older one in done",
      [completed, "running"],
      [completed, "done"],
      `done/${NAME} completed`,
      aside("done", "completed"),
    ],
    [
      "an end in running before another end",
      [completed, "running"],
      [failed, "dead-letter"],
      `done/${NAME} completed`,
      aside("dead-letter", "failed"),
    ],
    [
      "an end in pending before an older one in dead-letter",
      [failed, "pending"],
      [failed, "dead-letter"],
      `dead-letter/${NAME} failed`,
      aside("dead-letter", "failed"),
    ],
  ] satisfies [string, [Task, StateDirectory], [Task, StateDirectory], string, string][])(
    "keeps %s, and puts the other aside",
    async (_what, [kept, from], [other, at], path, put) => {
      await using home = new TempHome();
      home.put(other, at);
      home.put({ ...kept, metadata: { ...kept.metadata, labels: { is: "kept" } } }, from);
      const { findings, tasks } = recovered(home);
      expect(recordsOf(home).toSorted()).toEqual([path, put].toSorted());
      const read = parseRecord(readFileSync(join(home.layout.home, path.split(" ")[0] ?? ""), "utf8"));
      expect(read.ok && read.value.metadata.labels).toEqual({ is: "kept" });
      expect(findings).toHaveLength(1);
      expect(findings[0]).toStartWith(`${NAME}: put aside: `);
      expect(tasks).toHaveLength(isTerminal(kept.status.state) ? 0 : 1);
    },
  );

  test("overwrites nothing with a record that was being moved through tmp/", async () => {
    await using home = new TempHome();
    renameSync(home.put(queued), home.layout.moving(ID));
    home.put(taskIn("queued", { spec: { priority: 7 } }));
    expect(recovered(home).findings).toHaveLength(1);
    expect(recordsOf(home)).toEqual([`pending/.corrupt/${NAME} queued`, `pending/${NAME} queued`]);
  });

  test("keeps a valid copy where the preferred one is corrupt", async () => {
    await using home = new TempHome();
    home.put(queued);
    writeFileSync(home.layout.record("running", ID), "");
    expect(recovered(home)).toMatchObject({
      tasks: ["1 queued"],
      findings: [`${NAME}: put aside: it is empty`],
    });
    expect(recordsOf(home)).toEqual([`pending/${NAME} queued`, `running/.corrupt/${NAME} corrupt`]);
  });
});

test("recover() of a long home by a command still puts aside duplicates of unfinished tasks", async () => {
  await using home = new TempHome();
  const { layout } = home;
  for (let number = 2; number <= 5_000; number += 1)
    writeFileSync(layout.record("done", makeTaskId(number, "t")), "");
  const kept = [home.put(taskIn("running")), home.put(aTask({ number: 9 }))];
  const copies = [home.put(taskIn("running"), "done"), home.put(aTask({ number: 9 }), "dead-letter")];
  const { findings } = recover(layout, Date.now(), { isPassing: true });
  expect(findings.map(({ what }) => what)).toHaveLength(2);
  expect([...kept, ...copies].map((path) => existsSync(path))).toEqual([true, true, false, false]);
  // A number above all that is there: of a long home it is looked for where none is left.
  expect(reserveNumbers(layout, 1)).toBe(10);
  rmSync(layout.numbers, { recursive: true });
  mkdirSync(layout.numbers);
  recover(layout, Date.now(), { isPassing: true });
  expect(reserveNumbers(layout, 1)).toBe(5_001);
});
