import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { capLog } from "../../src/run/log.ts";
import { type Break, LogReading } from "../../src/run/log-reading.ts";
import { fc } from "../rig/fast-check.ts";
import { makePlace, type Place } from "./rig.ts";

const CAP = 64 * 1_024;
const line = (index: number): string => `${String(index).padStart(9, "0")}\n`;
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => line(from + index)).join("");

/** A reader of the file `log` of a place, with all that it passed on and said. */
function follow(place: Place, { isRefilled = false } = {}) {
  const reading = new LogReading(place.file("log"), { maxBytes: CAP, isRefilled });
  const seen = { text: "", breaks: [] as Break[] };
  const sink = {
    write: (bytes: Uint8Array): void => void (seen.text += Buffer.from(bytes).toString("latin1")),
    onBreak: (what: Break): void => void seen.breaks.push(what),
  };
  return {
    seen,
    look: (isOver = false): number => reading.read(sink, { isExpected: true, isOver }),
    [Symbol.dispose]: (): void => reading[Symbol.dispose](),
  };
}

describe("a log that is read as it grows", () => {
  test("is complete through any order of growth, cuts and reads, and counts what was cut unseen", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("write" as const), count: fc.integer({ min: 1, max: 9_000 }) }),
      fc.constant({ do: "cut" as const }),
      fc.constant({ do: "look" as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        await using place = makePlace();
        const path = place.write("log", "");
        using reader = follow(place);
        let written = "";
        for (const one of steps) {
          if (one.do === "look") reader.look();
          if (one.do === "cut") capLog(path, CAP);
          if (one.do !== "write") continue;
          const more = lines(written.length / 10, one.count);
          written += more;
          appendFileSync(path, more);
        }
        reader.look(true);
        const { text, breaks } = reader.seen;
        // A look that comes first meets the mark in the file itself.
        const cutOnFile = Number(/\n\[stint: (\d+) bytes were cut here\]\n/.exec(text)?.[1] ?? 0);
        const shown = text.replace(/\n\[stint: \d+ bytes were cut here\]\n/, "");
        const cutUnseen = breaks.reduce(
          (sum, what) => sum + (what.type === "cut" ? (what.bytes ?? NaN) : NaN),
          0,
        );
        expect(shown.length + cutOnFile + cutUnseen).toBe(written.length);
        expect(text.endsWith(written.slice(-10))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("has no gap and no mark where all of it was read before each cut", async () => {
    await using place = makePlace();
    const path = place.write("log", "");
    using reader = follow(place);
    for (let round = 0; round < 20; round += 1) {
      appendFileSync(path, lines(round * 4_000, 4_000));
      reader.look();
      capLog(path, CAP);
      if (round % 3 === 0) reader.look();
    }
    reader.look(true);
    expect(reader.seen).toEqual({ text: lines(0, 80_000), breaks: [] });
  });

  test.each([
    ["shorter than what was read", 10],
    ["longer than what was read", 5_000],
  ])("is read from its start after it was emptied, and is %s by the next look", async (_, count) => {
    await using place = makePlace();
    const path = place.write("log", lines(0, 100));
    using reader = follow(place);
    reader.look();
    writeFileSync(path, lines(1_000, count));
    reader.look();
    expect(reader.seen).toEqual({
      text: lines(0, 100) + lines(1_000, count),
      breaks: [{ type: "rewritten" }],
    });
  });

  test("is read to its end after it was moved, and the file in its place is read as well", async () => {
    await using place = makePlace();
    const path = place.write("log", lines(0, 10));
    using reader = follow(place);
    reader.look();
    renameSync(path, place.file("elsewhere"));
    appendFileSync(place.file("elsewhere"), lines(10, 10));
    reader.look();
    reader.look();
    writeFileSync(path, lines(20, 10));
    reader.look();
    appendFileSync(place.file("elsewhere"), lines(30, 10));
    appendFileSync(path, lines(40, 10));
    reader.look(true);
    expect(reader.seen).toEqual({ text: lines(0, 50), breaks: [{ type: "gone" }, { type: "replaced" }] });
  });

  test("that is gone before the first look is reported once", async () => {
    await using place = makePlace();
    using reader = follow(place);
    reader.look();
    reader.look(true);
    expect(reader.seen).toEqual({ text: "", breaks: [{ type: "gone" }] });
  });

  test("that was removed is still read to its end", async () => {
    await using place = makePlace();
    const path = place.write("log", lines(0, 10));
    using reader = follow(place);
    reader.look();
    appendFileSync(path, lines(10, 10));
    rmSync(path);
    reader.look(true);
    expect(reader.seen).toEqual({ text: lines(0, 20), breaks: [{ type: "gone" }] });
  });

  test("of a container that its runner rewrites is not shown twice", async () => {
    await using place = makePlace();
    const path = place.write("log", lines(0, 100));
    using reader = follow(place, { isRefilled: true });
    reader.look();
    writeFileSync(path, lines(0, 50));
    reader.look();
    writeFileSync(path, lines(0, 120));
    reader.look(true);
    expect(reader.seen).toEqual({ text: lines(0, 120), breaks: [] });
  });

  test("is waited for while it is being cut, for a limited time", async () => {
    await using place = makePlace();
    const text = lines(0, 10_000);
    const path = place.write("log", text.slice(0, CAP / 4));
    using reader = follow(place);
    reader.look();
    writeFileSync(path, `${text.slice(0, CAP / 4)}\n[stint: 50000 bytes are being cut]\n${lines(9_000, 10)}`);
    expect(reader.look()).toBe(0);
    for (let look = 0; look < 30; look += 1) reader.look();
    expect(reader.seen.text).toEndWith(lines(9_000, 10));
    expect(readFileSync(path, "latin1")).toContain("are being cut");
  });
});
