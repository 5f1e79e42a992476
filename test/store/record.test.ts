import { describe, expect, test } from "bun:test";
import { closeSync, constants, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readSmallFile } from "../../src/lib/regular-file.ts";
import { idFromFileName, type TaskId } from "../../src/model/identity.ts";
import { project } from "../../src/model/projection.ts";
import type { Spec } from "../../src/model/spec.ts";
import { STATES } from "../../src/model/state.ts";
import { FORMAT_VERSION, type Status, type Task } from "../../src/model/task.ts";
import { parseRecord, readRecord, readRecordOf, recordText } from "../../src/store/record.ts";
import { RecordParts } from "../../src/store/record-parts.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempDirectory } from "../rig/temp-home.ts";

type Json = Record<string, unknown>;
const failed = taskIn("failed");
const dataOf = (text: string): Json & { status: Json } => JSON.parse(text) as Json & { status: Json };
const changed = (change: (data: Json & { status: Json }) => object): string =>
  JSON.stringify(change(dataOf(recordText(failed))));

describe("recordText()", () => {
  test("is read back as the same task, after any history", () => {
    fc.assert(
      fc.property(anyTask, (task) =>
        expect(parseRecord(recordText(task))).toEqual({ ok: true, value: task }),
      ),
    );
  });

  test.each(STATES)("shows the outcome of a task that is %s", (state) => {
    const task = taskIn(state);
    const { status, formatVersion } = dataOf(recordText(task));
    expect(status).toMatchObject(project(task));
    expect(formatVersion).toBe(FORMAT_VERSION);
  });

  test("is readable text: indented, with a line end", () => {
    expect(recordText(aTask())).toMatch(/^\{\n {2}"formatVersion": 1,\n {2}"metadata": \{\n[^]*\}\n$/);
  });
});

describe("parseRecord()", () => {
  test("ignores fields that are only shown, and computes them", () => {
    const lies = {
      phase: "Succeeded",
      runState: "COMPLETED",
      exitCode: 0,
      signal: null,
      failureClass: null,
      errorCode: null,
      error: null,
      deadLetter: null,
    };
    const text = changed(({ status, ...rest }) => ({ ...rest, status: { ...status, ...lies } }));
    expect(parseRecord(text)).toEqual({ ok: true, value: failed });
    const without = changed(({ status, ...rest }) => ({
      ...rest,
      status: Object.fromEntries(Object.entries(status).filter(([key]) => !(key in lies))),
    }));
    expect(parseRecord(without)).toEqual({ ok: true, value: failed });
  });

  test("refuses a record of a newer stint before it reads the rest", () => {
    const newer = changed((data) => ({ ...data, formatVersion: FORMAT_VERSION + 1, spec: "another form" }));
    expect(errorOf(parseRecord(newer))).toEqual({ type: "newer", formatVersion: 2 });
  });

  test.each([
    ["zero bytes", "", "it is empty"],
    ["zeros, as after a power cut", "\0".repeat(4_096), "it is not JSON"],
    ["half of it", recordText(failed).slice(0, 700), "it is not JSON"],
    ["a number", "7", "it is not a task record"],
    ["null", "null", "it is not a task record"],
    ["a list", "[]", "it is not a task record"],
    ["a record without status", '{"formatVersion":1}', "it is not a task record"],
    [
      "a record without a version",
      changed(({ formatVersion: _gone, ...rest }) => rest),
      "it has no formatVersion",
    ],
    ["a key too many", changed((data) => ({ ...data, note: "mine" })), "note: "],
    [
      "an invalid field",
      changed(({ status, ...rest }) => ({ ...rest, status: { ...status, attempt: "one" } })),
      "status.attempt: ",
    ],
    [
      "a state that there is not",
      changed(({ status, ...rest }) => ({ ...rest, status: { ...status, state: "lost" } })),
      "status.state: ",
    ],
  ])("calls %s corrupt and says why", (_what, text, reason) => {
    const fault = errorOf(parseRecord(text));
    expect(fault.type).toBe("corrupt");
    expect("reason" in fault && fault.reason).toStartWith(reason);
  });
});

describe("readRecordOf() many records", () => {
  const [ID, OTHER] = [1, 2].map((number) => aTask({ number }).metadata.id) as [TaskId, TaskId];
  const batch = (number: number): string =>
    recordText(aTask({ number, metadata: { environment: "hash", batch: "one" } }));
  /** What comes of a text, by the parts and by itself; the second is what counts. */
  const bothOf = (parts: RecordParts, id: TaskId, text: string): [Task | null, Task | null] => {
    const read = parseRecord(text);
    return [parts.read(id, Buffer.from(text)), read.ok && read.value.metadata.id === id ? read.value : null];
  };
  /** What the parts do not take is read by itself, which costs time alone. */
  const expectSame = (parts: RecordParts, id: TaskId, text: string): void => {
    const [known, read] = bothOf(parts, id, text);
    if (known !== null) expect(known).toEqual(read as Task);
  };

  test("reads each record as if it were alone", () => {
    fc.assert(
      fc.property(fc.array(anyTask, { maxLength: 4 }), fc.nat(9), (tasks, seed) => {
        const parts = new RecordParts();
        const texts = tasks.map((task) => [task.metadata.id, recordText(task)] as const);
        const plain = [aTask({ number: seed + 1 }).metadata.id, batch(seed + 1)] as const;
        for (const [id, text] of [...texts, plain, ...texts, plain]) {
          const [known, read] = bothOf(parts, id, text);
          expect(read).not.toBeNull();
          expect(known).toEqual(read);
        }
      }),
    );
  });

  test("accepts no invalid text, and confuses no two records", () => {
    const parts = new RecordParts();
    const [text, failure] = [batch(1), recordText(failed)];
    const pieces = [
      '"',
      "{",
      "}",
      ",",
      "\n",
      '"spec": {',
      '"status": null,',
      '"kind": 1,',
      '"hold": true,',
      '"number": 3,',
      "\\u0041",
      "é",
      "7",
    ];
    const lines = [...text.split("\n"), ...failure.split("\n")].map((line) => `\n${line}`);
    fc.assert(
      fc.property(
        fc.constantFrom([ID, text] as const, [failed.metadata.id, failure] as const),
        fc.nat(),
        fc.nat(40),
        fc.constantFrom("", ...pieces, ...lines),
        ([id, of], place, cut, piece) => {
          const at = place % of.length;
          expectSame(parts, id, of.slice(0, at) + piece + of.slice(at + (cut > 20 ? 0 : cut)));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["another id in the name of its file", ['"id": "000002-train"', '"id": "000003-train"']],
    ["another number than its id has", ['"number": 2', '"number": 3']],
    ["another name", ['"name": "train"', '"name": "other"']],
    ["a uid that is none", ['"uid": "', '"uid": 7, "x": "']],
    ["a uid with an escape", ['"uid": "', '"uid": "\\n']],
    ["a second number", ['"generation": 1', '"generation": 1,\n    "number": 9']],
    ["no generation", ['    "generation": 1,\n', ""]],
    ["a head that has a spec of its own", ['"metadata": {', '"spec": {}, "metadata": {']],
    ["a spec behind its metadata", ['"batch": "one"\n  }', '"batch": "one"\n  }, "spec": {}']],
    ["a spec that has two kinds", ['"priority": 0', '"priority": 0, "kind": {}']],
    ["a priority of its own in the kind", ['"args": []', '"args": [],\n    "priority": 0']],
    ["a key behind the status", ['"attempts": []', '"attempts": []}, "more": {']],
    ["a newer format", ['"formatVersion": 1', '"formatVersion": 2']],
    ["a fault in what it shares with others", ['"stopGraceMs": 30000', '"stopGraceMs": -1']],
    ["nothing at its end", ["}\n}\n", "}\n"]],
  ])("leaves %s to the full parser", (_what, [from = "", to = ""]) => {
    const parts = new RecordParts();
    expect(parts.read(ID, Buffer.from(batch(1)))).not.toBeNull();
    const text = batch(2).replace(from, to);
    expect(text).not.toBe(batch(2));
    expect(parts.read(OTHER, Buffer.from(text))).toBeNull();
    expect(parts.read(OTHER, Buffer.from(batch(2)))).toEqual(valueOf(parseRecord(batch(2))));
  });

  test.each(["0000000-train", `000002-${"a".repeat(129)}`])("leaves the id %s, which no task has", (name) => {
    const id = idFromFileName(`${name}.json`) as TaskId;
    const [number = "", word = ""] = name.split("-");
    const text = batch(2)
      .replace('"id": "000002-train"', `"id": "${name}"`)
      .replace('"number": 2', `"number": ${Number(number)}`)
      .replace('"name": "train"', `"name": "${word}"`);
    expect(new RecordParts().read(id, Buffer.from(text))).toBeNull();
    expect(errorOf(parseRecord(text)).type).toBe("corrupt");
  });

  test("keeps one copy of what they have in common", () => {
    const parts = new RecordParts();
    const [one, other] = [1, 2].map((number) =>
      parts.read(aTask({ number }).metadata.id, Buffer.from(batch(number))),
    );
    expect(one?.metadata.number).toBe(1);
    expect(other?.metadata.number).toBe(2);
    expect(other?.spec).toBe(one?.spec as Spec);
    expect(other?.status).toBe(one?.status as Status);
  });

  test("reads any file as readRecord() does", async () => {
    await using place = new TempDirectory();
    const at = (name: string): string => join(place.path, name);
    writeFileSync(at("good"), batch(1));
    writeFileSync(at("short"), batch(1).slice(0, -9));
    writeFileSync(at("empty"), "");
    writeFileSync(at("large"), batch(1) + " ".repeat(100_000));
    writeFileSync(at("full"), batch(1) + " ".repeat(64 * 1_024 - batch(1).length));
    Bun.spawnSync(["mkfifo", at("fifo")]);
    symlinkSync(at("good"), at("link"));
    mkdirSync(at("folder"));
    const parts = new RecordParts();
    const names = ["good", "short", "empty", "large", "full", "fifo", "link", "folder", "gone"];
    for (const name of [...names, ...names])
      expect(readRecordOf(ID, { path: at(name), parts })).toEqual(readRecord(at(name)));
  });

  test("reads nothing from a FIFO, even one that holds a record", async () => {
    await using place = new TempDirectory();
    const path = join(place.path, "fifo");
    Bun.spawnSync(["mkfifo", path]);
    const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(file, batch(1));
    expect(readSmallFile(path)).toBeNull();
    expect(errorOf(readRecordOf(ID, { path, parts: new RecordParts() })).type).toBe("corrupt");
    closeSync(file);
  });
});

describe("readRecord()", () => {
  const corrupt = (reason: string) => ({ type: "corrupt", reason }) as const;

  test("reads a file", async () => {
    await using place = new TempDirectory();
    const path = join(place.path, "a.json");
    writeFileSync(path, recordText(failed));
    expect(valueOf(readRecord(path))).toEqual(failed);
  });

  test("does not wait for a FIFO, follow a link or read a folder", async () => {
    await using place = new TempDirectory();
    const at = (name: string): string => join(place.path, name);
    Bun.spawnSync(["mkfifo", at("fifo.json")]);
    writeFileSync(at("good.json"), recordText(failed));
    symlinkSync(at("good.json"), at("link.json"));
    mkdirSync(at("folder.json"));
    const found = ["fifo", "link", "folder"].map((name) => errorOf(readRecord(at(`${name}.json`))));
    expect(found).toEqual(found.map(() => corrupt("it is not a regular file")));
  });

  test("reads no file that is larger than any record", async () => {
    await using place = new TempDirectory();
    const path = join(place.path, "huge.json");
    writeFileSync(path, recordText(failed));
    Bun.spawnSync(["truncate", "-s", "17M", path]);
    expect(errorOf(readRecord(path))).toEqual(corrupt("it is larger than any record"));
  });

  test("distinguishes a missing record from one that cannot be read for now", async () => {
    await using place = new TempDirectory();
    expect(errorOf(readRecord(join(place.path, "gone.json")))).toEqual({ type: "missing" });
    writeFileSync(join(place.path, "file"), "");
    expect(errorOf(readRecord(join(place.path, "file", "a.json")))).toEqual({
      type: "unreadable",
      errno: "ENOTDIR",
    });
  });
});
