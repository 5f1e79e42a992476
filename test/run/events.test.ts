import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventReading, readEvents, readLastEvents } from "../../src/run/events.ts";
import { fc } from "../rig/fast-check.ts";

const ALL = 1 << 30;
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stint-events-"));
  path = join(folder, "events.ndjson");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** All lines that a reading passes on, with their offsets. */
function linesOf(reading: EventReading, most = ALL): (string | null)[] {
  const lines: (string | null)[] = [];
  while (reading.read((line) => void lines.push(line?.toString() ?? null), most));
  return lines;
}

describe("EventReading", () => {
  test("passes each line on once, whatever the slices and the writes are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 12 }).map((text) => text.replaceAll("\n", " "))),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
        (lines, slices) => {
          writeFileSync(path, "");
          const text = Buffer.from(lines.map((line) => `${line}\n`).join(""));
          const reading = new EventReading(path);
          const got: string[] = [];
          const ends: number[] = [];
          for (let at = 0, turn = 0; at < text.length; turn += 1) {
            const length = slices[turn % slices.length] ?? 1;
            appendFileSync(path, text.subarray(at, at + length));
            at += length;
            const take = (line: Buffer | null, end: number): void => {
              got.push(line?.toString() ?? "");
              ends.push(end);
            };
            while (reading.read(take, slices[(turn + 1) % slices.length] ?? 1));
          }
          expect(got).toEqual(lines);
          // From any of the offsets, another reading goes on.
          const [middle = 0] = ends.slice(Math.floor(ends.length / 2));
          const rest = text.subarray(middle).toString().split("\n").slice(0, -1);
          expect(linesOf(new EventReading(path, middle))).toEqual(rest);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("reads on after a line of any length, of which it keeps nothing", () => {
    const reading = new EventReading(path);
    writeFileSync(path, "x".repeat(3_000_000));
    expect(linesOf(reading)).toEqual([]);
    appendFileSync(path, "x\nnext\n");
    expect(linesOf(reading)).toEqual([null, "next"]);
  });

  test("reads nothing but a regular file, and reads the file that takes its place", () => {
    const reading = new EventReading(path);
    expect(linesOf(reading)).toEqual([]);
    mkdirSync(path);
    expect(linesOf(reading)).toEqual([]);
    rmSync(path, { recursive: true });
    Bun.spawnSync(["mkfifo", path]);
    expect(linesOf(reading)).toEqual([]);
    rmSync(path);
    const other = join(folder, "other");
    writeFileSync(other, "of another file\n");
    symlinkSync(other, path);
    expect(linesOf(reading)).toEqual([]);
    rmSync(path);
    writeFileSync(path, "first\nand half of");
    expect(linesOf(reading)).toEqual(["first"]);
    renameSync(other, path);
    expect(linesOf(reading)).toEqual(["of another file"]);
    truncateSync(path);
    appendFileSync(path, "again\n");
    expect(linesOf(reading)).toEqual(["again"]);
  });
});

describe("readEvents()", () => {
  test("sums a file up: torn, long and binary lines are counted, a last line without a newline is read", () => {
    const lines = [
      '{"type":"PROGRESS","msg":10}',
      "",
      '{"type":"PROGR',
      Buffer.from([0xff, 0x00, 0xfe]).toString("latin1"),
      "y".repeat(70_000),
      '{"type":"PROGRESS","msg":20}\r',
      '{"type":"METRIC","name":"acc","value":0.5}',
    ];
    writeFileSync(path, lines.join("\n"));
    expect(readEvents(path)).toMatchObject({
      lines: 6,
      bad: 3,
      progress: { percent: 20 },
      metrics: { acc: 0.5 },
    });
    expect(readEvents(join(folder, "missing"))).toMatchObject({ lines: 0, bad: 0 });
  });

  test("counts the lines of a huge file, and reads its beginning and its end", () => {
    const begin = '{"type":"INFO","msg":"begins"}\n';
    const line = '{"type":"PROGRESS","msg":50}\n';
    const end = '{"type":"OUTPUT","acc":0.9}\n';
    writeFileSync(path, begin + line.repeat(100_000) + end);
    const summary = readEvents(path);
    expect(summary).toMatchObject({ lines: 100_002, bad: 0, outputs: { acc: 0.9 } });
    expect(summary.timeline.map(({ msg }) => msg)).toEqual(["begins"]);
    expect(readLastEvents(path)).toMatchObject({ progress: { percent: 50 }, outputs: { acc: 0.9 } });
  });

  test("takes no line of the end twice", () => {
    const line = '{"type":"COMPLETED","msg":"no"}\n';
    writeFileSync(path, line.repeat(10_005));
    expect(readEvents(path)).toMatchObject({ lines: 10_005, claimed: 10_005 });
  });
});
