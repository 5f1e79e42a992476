import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { project } from "../../src/model/projection.ts";
import { STATES } from "../../src/model/state.ts";
import { FORMAT_VERSION } from "../../src/model/task.ts";
import { parseRecord, readRecord, recordText } from "../../src/store/record.ts";
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
