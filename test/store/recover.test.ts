import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  directoryOf,
  isActive,
  isTerminal,
  PLACES,
  STATES,
  type State,
  type StateDirectory,
} from "../../src/model/state.ts";
import { commitBatch } from "../../src/store/batch.ts";
import { reserveNumbers } from "../../src/store/numbers.ts";
import { recordText } from "../../src/store/record.ts";
import { recover } from "../../src/store/recover.ts";
import { ID, NAME, recordsOf, recovered, told } from "../rig/recovery.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const MINUTE = 60_000;

describe("recover() of a record in the wrong place", () => {
  const cases = STATES.flatMap((state) =>
    (["pending", "running", "tmp"] as const).map((place) => [state, place] as const),
  );

  test.each(cases)("moves a task that is %s out of %s/ to its folder", async (state, place) => {
    await using home = new TempHome();
    const task = taskIn(state);
    if (place === "tmp") renameSync(home.put(task), home.layout.moving(ID));
    else home.put(task, place);
    const found = recovered(home);
    expect(recordsOf(home)).toEqual([`${directoryOf(state)}/${NAME} ${state}`]);
    expect(found.tasks).toEqual(isTerminal(state) ? [] : [`1 ${state}`]);
    // Out of tmp/ a move is finished, and an end is announced before its move begins.
    expect(found.ended).toEqual(isTerminal(state) && place !== "tmp" ? [`1 ${state}`] : []);
    expect(found.findings).toEqual([]);
  });

  test("returns every unfinished task once, and those that had just ended", async () => {
    await using home = new TempHome();
    STATES.forEach((state, index) => home.put(taskIn(state, { number: index + 1 }), "running"));
    const { tasks, ended } = recovered(home);
    const numbered = (isMeant: (state: State) => boolean): string[] =>
      STATES.flatMap((state, index) => (isMeant(state) ? [`${index + 1} ${state}`] : []));
    expect(tasks.toSorted()).toEqual(numbered((state) => state === "queued" || isActive(state)).toSorted());
    expect(ended.toSorted()).toEqual(numbered(isTerminal).toSorted());
  });
});

describe("recover() of an invalid record", () => {
  const at = (home: TempHome, place: StateDirectory): string => home.layout.record(place, ID);

  test.each([
    ["zero bytes", (path: string) => writeFileSync(path, "")],
    ["no JSON", (path: string) => writeFileSync(path, "{")],
    ["a record of another name", (path: string) => writeFileSync(path, recordText(aTask({ number: 2 })))],
    ["a folder", (path: string) => mkdirSync(path)],
    ["a link", (path: string) => symlinkSync("/etc/passwd", path)],
    ["a FIFO", (path: string) => Bun.spawnSync(["mkfifo", path])],
  ])("puts %s aside, reports it, and goes on with the others", async (_what, make) => {
    for (const place of ["pending", "running"] as const) {
      await using home = new TempHome();
      make(at(home, place));
      home.put(aTask({ number: 3 }));
      const { tasks, findings } = told(recover(home.layout, Date.now()));
      expect(tasks).toEqual(["3 queued"]);
      expect(findings).toHaveLength(1);
      expect(told(recover(home.layout, Date.now())).findings).toEqual([]);
      // Its number is taken, whatever it was.
      expect(reserveNumbers(home.layout, 1)).toBe(4);
    }
  });

  test("leaves a file alone that is not named like a record", async () => {
    await using home = new TempHome();
    for (const name of ["notes.txt", ".000001-x.json.swp", "copy of 000001-train.json"]) {
      writeFileSync(join(home.layout.place("pending"), name), "mine");
    }
    const before = home.files();
    expect(recovered(home)).toEqual({ tasks: [], ended: [], findings: [] });
    expect(home.files()).toEqual(before);
  });

  const newer = recordText(aTask()).replace('"formatVersion": 1', '"formatVersion": 2');

  test.each(["pending", "running", "tmp"] as const)(
    "leaves a record of a newer stint alone in %s/, however old it is, and says so",
    async (place) => {
      await using home = new TempHome();
      const path = place === "tmp" ? home.layout.moving(ID) : at(home, place);
      writeFileSync(path, newer);
      utimesSync(path, 0, 0);
      const { tasks, findings } = recovered(home);
      expect(tasks).toEqual([]);
      expect(findings).toEqual([`${basename(path)}: left alone: written by a newer stint (format 2)`]);
      expect(readFileSync(path, "utf8")).toBe(newer);
    },
  );

  test("never deletes what it put aside", async () => {
    await using home = new TempHome();
    writeFileSync(home.layout.moving(ID), "spoilt");
    const { findings } = told(recover(home.layout, Date.now()));
    expect(findings).toHaveLength(1);
    const path = join(home.layout.tmp, ".corrupt");
    expect(home.files("tmp")).toEqual([`.corrupt/${ID}.move`]);
    utimesSync(path, 0, 0);
    utimesSync(join(path, `${ID}.move`), 0, 0);
    expect(recovered(home).findings).toEqual([]);
    expect(readFileSync(join(path, `${ID}.move`), "utf8")).toBe("spoilt");
  });
});

describe("recover() of a home", () => {
  test("that is new finds nothing", async () => {
    await using home = new TempHome();
    expect(recovered(home)).toEqual({ tasks: [], ended: [], findings: [] });
    expect(home.files("numbers")).toEqual(["1"]);
  });

  test("brings accepted batches into pending/", async () => {
    await using home = new TempHome();
    commitBatch(home.layout, "b1", { tasks: [aTask({ number: 1 }), aTask({ number: 2 })] });
    commitBatch(home.layout, "b2", { tasks: [aTask({ number: 3 })] });
    expect(recovered(home).tasks.toSorted()).toEqual(["1 queued", "2 queued", "3 queued"]);
    expect([home.files("incoming"), home.files("pending").length]).toEqual([[], 3]);
  });

  test.each(PLACES)("raises the numbers above every id, also in %s/", async (place) => {
    await using home = new TempHome();
    home.put(taskIn("failed", { number: 41 }), place);
    recovered(home);
    expect(reserveNumbers(home.layout, 1)).toBe(42);
  });

  test("removes files that were staged long ago, and no younger ones", async () => {
    await using home = new TempHome();
    const nowMs = Date.now();
    const stage = (name: string, ageMs: number): void => {
      const path = join(home.layout.tmp, name);
      if (name.startsWith("batch")) mkdirSync(path);
      else writeFileSync(path, "staged");
      utimesSync(path, (nowMs - ageMs) / 1_000, (nowMs - ageMs) / 1_000);
    };
    stage("batch-old", 11 * MINUTE);
    stage("batch-new", 9 * MINUTE);
    stage("old.tmp", 11 * MINUTE);
    stage("new.tmp", 9 * MINUTE);
    recovered(home, nowMs);
    expect(home.files("tmp")).toEqual(["new.tmp"]);
  });
});
