import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { project } from "../../src/model/projection.ts";
import type { Spec } from "../../src/model/spec.ts";
import { STATES } from "../../src/model/state.ts";
import { FORMAT_VERSION, type Status } from "../../src/model/task.ts";
import { parseRecord, readRecord, recordText } from "../../src/store/record.ts";
import { RecordParts } from "../../src/store/record-parts.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aTask, taskIn } from "../rig/tasks.ts";
import { TempDirectory } from "../rig/temp-home.ts";

type Json = Record<string, unknown>;
const failed = taskIn("failed");
const dataOf = (text: string): Json & { status: Json } => JSON.parse(text) as Json & { status: Json };
const changed = (change: (data: Json & { status: Json }) => object): string =>
  JSON.stringify(change(dataOf(recordText(failed))));

describe("recordText()", () => {
  test("is read back as the same task, whatever its life was", () => {
    fc.assert(
      fc.property(anyTask, (task) =>
        expect(parseRecord(recordText(task))).toEqual({ ok: true, value: task }),
      ),
    );
  });

  test.each(STATES)("shows a reader what a %s task comes to", (state) => {
    const task = taskIn(state);
    const { status, formatVersion } = dataOf(recordText(task));
    expect(status).toMatchObject(project(task));
    expect(formatVersion).toBe(FORMAT_VERSION);
  });

  test("is text for people too: indented, one line at its end", () => {
    expect(recordText(aTask())).toMatch(/^\{\n {2}"formatVersion": 1,\n {2}"metadata": \{\n[^]*\}\n$/);
  });
});

describe("parseRecord()", () => {
  test("computes what is only shown, and believes nothing of it", () => {
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

  test("refuses a record of a newer stint before it looks at the rest", () => {
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
      "a spoilt field",
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

describe("parseRecord() of many records", () => {
  const batch = (number: number): string =>
    recordText(aTask({ number, metadata: { environment: "hash", batch: "one" } }));

  test("reads each of them as if it were alone", () => {
    fc.assert(
      fc.property(fc.array(anyTask, { maxLength: 4 }), fc.nat(9), (tasks, seed) => {
        const parts = new RecordParts();
        const texts = tasks.map(recordText);
        for (const text of [...texts, ...texts, batch(seed + 1)])
          expect(parseRecord(text, parts)).toEqual(parseRecord(text));
      }),
    );
  });

  test("takes no text for a record that is none, nor one for another", () => {
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
      "7",
    ];
    const lines = [...text.split("\n"), ...failure.split("\n")].map((line) => `\n${line}`);
    fc.assert(
      fc.property(
        fc.constantFrom(text, failure),
        fc.nat(),
        fc.nat(40),
        fc.constantFrom("", ...pieces, ...lines),
        (of, place, cut, piece) => {
          const at = place % of.length;
          const spoilt = of.slice(0, at) + piece + of.slice(at + (cut > 20 ? 0 : cut));
          expect(parseRecord(spoilt, parts)).toEqual(parseRecord(spoilt));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["a head that has a spec of its own", ['"metadata": {', '"spec": {}, "metadata": {']],
    ["a spec that has two kinds", ['"priority": 0', '"priority": 0, "kind": {}']],
    ["a priority of its own in the kind", ['"args": []', '"args": [],\n    "priority": 0']],
    ["a key behind the status", ['"attempts": []', '"attempts": []}, "more": {']],
    ["a newer format", ['"formatVersion": 1', '"formatVersion": 2']],
    ["a fault in what it shares with others", ['"stopGraceMs": 30000', '"stopGraceMs": -1']],
  ])("says the same of %s", (_what, [from = "", to = ""]) => {
    const parts = new RecordParts();
    parseRecord(batch(1), parts);
    const text = batch(2).replace(from, to);
    expect(text).not.toBe(batch(2));
    expect(parseRecord(text, parts)).toEqual(parseRecord(text));
  });

  test("keeps once what they have in common", () => {
    const parts = new RecordParts();
    const [one, other] = [1, 2].map((number) => valueOf(parseRecord(batch(number), parts)));
    expect(one?.metadata.number).toBe(1);
    expect(other?.metadata.number).toBe(2);
    expect(other?.spec).toBe(one?.spec as Spec);
    expect(other?.status).toBe(one?.status as Status);
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

  test("tells missing from what cannot be read for now, which says nothing of the record", async () => {
    await using place = new TempDirectory();
    expect(errorOf(readRecord(join(place.path, "gone.json")))).toEqual({ type: "missing" });
    writeFileSync(join(place.path, "file"), "");
    expect(errorOf(readRecord(join(place.path, "file", "a.json")))).toEqual({
      type: "unreadable",
      errno: "ENOTDIR",
    });
  });
});
