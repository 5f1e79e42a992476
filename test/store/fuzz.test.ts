import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeUtf8 } from "../../src/lib/utf8.ts";
import { PLACES } from "../../src/model/state.ts";
import { allIds, readTasks } from "../../src/store/reader.ts";
import { parseRecord, readRecord, recordText } from "../../src/store/record.ts";
import { recover } from "../../src/store/recover.ts";
import { anyTask } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const anyAt = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const place = (at: number, length: number): number => Math.floor(at * length);

/** Bytes of valid records, corrupted: bits flipped, an end cut off, two records spliced, or nothing of a record at all. */
const spoiltBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .tuple(anyTask, fc.array(fc.tuple(anyAt, fc.nat({ max: 7 })), { minLength: 1, maxLength: 5 }))
    .map(([task, flips]) => {
      const bytes = Buffer.from(recordText(task));
      for (const [at, bit] of flips) {
        const index = place(at, bytes.length);
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      }
      return bytes;
    }),
  fc.tuple(anyTask, anyAt).map(([task, at]) => {
    const bytes = Buffer.from(recordText(task));
    return bytes.subarray(0, place(at, bytes.length));
  }),
  fc.tuple(anyTask, anyTask, anyAt, anyAt).map(([left, right, from, to]) => {
    const [head, tail] = [Buffer.from(recordText(left)), Buffer.from(recordText(right))];
    return Buffer.concat([head.subarray(0, place(from, head.length)), tail.subarray(place(to, tail.length))]);
  }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
);

/** Replaces the value at one path of a JSON value, counted through in order. */
function withValueAt(data: unknown, at: number, value: unknown): unknown {
  let left = place(at, countOf(data));
  const walk = (one: unknown): unknown => {
    left -= 1;
    if (left < 0 && left >= -1) return value;
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(data);
}

function countOf(data: unknown): number {
  if (typeof data !== "object" || data === null) return 1;
  return Object.values(data).reduce<number>((total, inner) => total + countOf(inner), 1);
}

/** Valid JSON with a value of any type in a place where another one belongs. */
const spoiltJson: fc.Arbitrary<Buffer> = fc
  .tuple(anyTask, anyAt, fc.jsonValue())
  .map(([task, at, value]) =>
    Buffer.from(JSON.stringify(withValueAt(JSON.parse(recordText(task)), at, value))),
  );

const spoilt = fc.oneof(spoiltBytes, spoiltJson);

test("any bytes are a record that is written back unchanged, or a fault with a message", () => {
  let faults = 0;
  fc.assert(
    fc.property(spoilt, (bytes) => {
      const read = parseRecord(bytes.toString("utf8"));
      if (read.ok) expect(parseRecord(recordText(read.value))).toEqual(read);
      else if (read.error.type === "corrupt") expect(read.error.reason).not.toBe("");
      else expect(read.error.type).toBe("newer");
      if (!read.ok) faults += 1;
    }),
    { numRuns: 1_500 },
  );
  expect(faults).toBeGreaterThan(100);
});

test("recover() of a home with random bytes loses no file, takes only valid records, and is idempotent", async () => {
  const anyName = fc.oneof(
    fc.integer({ min: 1, max: 30 }).map((number) => `${String(number).padStart(6, "0")}-t.json`),
    fc.constantFrom(
      "x.json",
      "000001-.json",
      "999999999999-a.json",
      "9999999999999999-a.json",
      ".json",
      "000007-t.json.tmp",
    ),
  );
  const where = fc.constantFrom(...PLACES, "tmp", "incoming/b");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(where, anyName, spoilt), { minLength: 1, maxLength: 12 }),
      async (files) => {
        await using home = new TempHome();
        mkdirSync(join(home.layout.incoming, "b"));
        for (const [folder, name, bytes] of files) {
          const file = folder === "tmp" ? name.replace(/\.json$/, ".move") : name;
          writeFileSync(join(home.layout.home, folder, file), bytes);
        }
        const before = contents(home);
        const first = recover(home.layout, NOW_MS);
        expect(contents(home)).toEqual(before);
        for (const task of first.tasks) {
          const ids = readdirSync(home.layout.place("pending")).concat(
            readdirSync(home.layout.place("running")),
          );
          expect(ids).toContain(`${task.metadata.id}.json`);
        }
        const again = recover(home.layout, NOW_MS);
        expect(again.findings.filter(({ what }) => !what.includes("left alone"))).toEqual([]);
        expect(again.tasks.length).toBe(first.tasks.length);
        for (const task of readTasks(home.layout, PLACES))
          expect(allIds(home.layout)).toContain(task.metadata.id);
      },
    ),
    { numRuns: 120 },
  );
});

/** Every content in the home, wherever it lies now. */
function contents(home: TempHome): string[] {
  return home
    .files()
    .filter((path) => /^(pending|running|done|dead-letter|tmp|incoming)\//.test(path))
    .map((path) => readFileSync(join(home.layout.home, path)).toString("hex"))
    .toSorted();
}

test("bytes on the disk are read as text is", async () => {
  await using home = new TempHome();
  const path = join(home.layout.tmp, "one");
  fc.assert(
    fc.property(spoilt, (bytes) => {
      writeFileSync(path, bytes);
      const text = decodeUtf8(bytes);
      const corrupt = (reason: string) => ({
        ok: false as const,
        error: { type: "corrupt" as const, reason },
      });
      expect(readRecord(path)).toEqual(text.ok ? parseRecord(text.value) : corrupt(text.error));
    }),
    { numRuns: 100 },
  );
});
