import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ChangeFeed, type FeedItem, followChanges } from "../../src/desk/feed.ts";
import type { AuditLine } from "../../src/model/audit.ts";
import { Audit, auditFiles } from "../../src/store/audit.ts";
import type { Layout } from "../../src/store/layout.ts";
import { fc } from "../rig/fast-check.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

/** Opens the log, appends so many lines, closes it: what one holder of the lock does. */
function write(layout: Layout, count: number, detail = ""): void {
  using audit = new Audit(layout);
  const entry = { event: "task_queued", actor: "ada", task: "000001-train", detail } as const;
  audit.append(
    Array.from({ length: count }, () => entry),
    NOW_MS,
  );
}

function linesOf(layout: Layout): AuditLine[] {
  const texts = auditFiles(layout).flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1));
  return texts.map((text) => JSON.parse(text) as AuditLine);
}

/** Moves the log away as the writer does with a long one. */
function rotate(layout: Layout): void {
  // A holder removes what a kill has left of a line before it does anything else.
  new Audit(layout).close();
  const last = linesOf(layout).at(-1);
  const isEmpty = !existsSync(layout.audit) || readFileSync(layout.audit, "utf8") === "";
  if (last !== undefined && !isEmpty)
    renameSync(layout.audit, `${layout.audit}.${String(last.seq).padStart(12, "0")}`);
}

/** A writer that was killed in the middle of a line, or a power cut that left zeros. */
function cut(layout: Layout, rest: string): void {
  appendFileSync(layout.audit, rest, { mode: 0o600 });
}

function drained(feed: ChangeFeed): FeedItem[] {
  const all: FeedItem[] = [];
  for (let some = feed.read(); some.length > 0; some = feed.read()) all.push(...some);
  return all;
}

const changed = (lines: readonly AuditLine[]): FeedItem[] => lines.map((line) => ({ type: "changed", line }));

describe("a feed", () => {
  test("gives the lines behind a number, across files, and from now on without one", async () => {
    await using home = new TempHome();
    using fromNothing = new ChangeFeed(home.layout, null);
    expect(drained(fromNothing)).toEqual([]);
    write(home.layout, 30);
    rotate(home.layout);
    write(home.layout, 30);
    rotate(home.layout);
    using now = new ChangeFeed(home.layout, null);
    write(home.layout, 30);
    const lines = linesOf(home.layout);
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 90 }, (_, index) => index + 1));
    for (const after of [0, 1, 29, 30, 31, 60, 89, 90]) {
      using feed = new ChangeFeed(home.layout, after);
      expect(drained(feed)).toEqual(changed(lines.slice(after)));
    }
    expect(drained(now)).toEqual(changed(lines.slice(60)));
    expect(drained(fromNothing)).toEqual(changed(lines));
  });

  test("finds its place in a long log by reading a few blocks of it", async () => {
    await using home = new TempHome();
    write(home.layout, 5_000, "long ".repeat(20));
    const lines = linesOf(home.layout);
    for (const after of [1, 2_500, 4_999]) {
      using feed = new ChangeFeed(home.layout, after);
      expect(feed.read()[0]).toEqual({ type: "changed", line: lines[after] as AuditLine });
    }
  });

  test("tells of a number that the log has not reached, and of lines whose file is gone", async () => {
    await using home = new TempHome();
    write(home.layout, 5);
    using ahead = new ChangeFeed(home.layout, 70);
    expect(drained(ahead)).toEqual([{ type: "gap", after: 70, before: 6 }]);
    rotate(home.layout);
    write(home.layout, 2);
    rmSync(auditFiles(home.layout)[0] ?? "");
    using behind = new ChangeFeed(home.layout, 2);
    const lines = linesOf(home.layout);
    expect(drained(behind)).toEqual([{ type: "gap", after: 2, before: 6 }, ...changed(lines)]);
    expect(drained(ahead)).toEqual(changed(lines));
  });

  test("tells of a log that was replaced, also by a longer one with the same numbers", async () => {
    await using home = new TempHome();
    await using other = new TempHome();
    write(home.layout, 5);
    write(other.layout, 40, "another");
    using feed = new ChangeFeed(home.layout, 0);
    expect(drained(feed)).toHaveLength(5);
    writeFileSync(home.layout.audit, readFileSync(other.layout.audit));
    expect(drained(feed)).toEqual([
      { type: "gap", after: 5, before: 6 },
      ...changed(linesOf(home.layout).slice(5)),
    ]);
    writeFileSync(home.layout.audit, readFileSync(other.layout.audit).subarray(0, 1_000));
    expect(drained(feed)).toMatchObject([{ type: "gap", after: 40 }]);
  });

  test("passes over what is no line, and takes no part of a line", async () => {
    await using home = new TempHome();
    write(home.layout, 2);
    using feed = new ChangeFeed(home.layout, 0);
    cut(home.layout, '{"seq":3,"at"');
    expect(drained(feed)).toHaveLength(2);
    write(home.layout, 1);
    expect(drained(feed)).toEqual(changed(linesOf(home.layout).slice(2)));
    cut(home.layout, "rubbish\n");
    // The writer cannot tell the number of such a line, and counts from the beginning.
    write(home.layout, 2);
    expect(drained(feed)[0]).toMatchObject({ type: "gap", after: 4 });
    expect(drained(feed)).toEqual([]);
  });
});

const STEPS = [
  fc.record({ type: fc.constant("write" as const), count: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ type: fc.constant("rotate" as const) }),
  fc.record({ type: fc.constant("read" as const) }),
  fc.record({
    type: fc.constant("kill writer" as const),
    rest: fc.constantFrom('{"seq":9', "{", "\0\0\0\0", '{"seq":1,"at":"2026'),
  }),
] as const;
const anyKill = fc.oneof(...STEPS, fc.record({ type: fc.constant("kill reader" as const) }));
/** A reader that knows a number alone cannot tell a lost line from another one with its number. */
const anyLoss = fc.oneof(
  ...STEPS,
  fc.record({ type: fc.constant("lose" as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ type: fc.constant("forget" as const) }),
);
type StepOf<T> = T extends fc.Arbitrary<infer S> ? S : never;
type Step = StepOf<typeof anyKill> | StepOf<typeof anyLoss>;

/** The items of a reader that is killed now and then, while a home goes through some steps. */
function readThrough(layout: Layout, steps: readonly Step[]): FeedItem[] {
  const items: FeedItem[] = [];
  let feed = new ChangeFeed(layout, 0);
  const take = (some: readonly FeedItem[]): void => void items.push(...some);
  for (const step of steps) {
    if (step.type === "write") write(layout, step.count, String(step.count));
    if (step.type === "rotate") rotate(layout);
    if (step.type === "kill writer") cut(layout, step.rest);
    if (step.type === "read") take(feed.read());
    if (step.type === "lose" && existsSync(layout.audit)) {
      const lines = readFileSync(layout.audit, "utf8").split("\n");
      truncateSync(
        layout.audit,
        Buffer.byteLength(
          lines
            .slice(0, -1 - step.count)
            .map((line) => `${line}\n`)
            .join(""),
        ),
      );
    }
    if (step.type === "forget" && auditFiles(layout).length > 1) rmSync(auditFiles(layout)[0] ?? "");
    if (step.type === "kill reader") {
      feed[Symbol.dispose]();
      feed = new ChangeFeed(layout, knownAfter(items));
    }
  }
  // A line in place of one of the same length is seen by the next one.
  for (const detail of ["last but one", "last"]) {
    write(layout, 1, detail);
    take(drained(feed));
  }
  feed[Symbol.dispose]();
  return items;
}

/** The number that a reader of these would ask for next. */
function knownAfter(items: readonly FeedItem[]): number {
  const last = items.at(-1);
  if (last === undefined) return 0;
  return last.type === "gap" ? last.before - 1 : last.line.seq;
}

test("a reader that is killed anywhere gets each line once and in order, whatever kills the writer", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyKill, { maxLength: 25 }), async (steps) => {
      await using home = new TempHome();
      expect(readThrough(home.layout, steps)).toEqual(changed(linesOf(home.layout)));
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("where lines are lost, there is a gap before the next one, and what follows the last gap is the end of the log", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyLoss, { maxLength: 25 }), async (steps) => {
      await using home = new TempHome();
      const items = readThrough(home.layout, steps);
      for (const [index, item] of items.entries()) {
        const known = knownAfter(items.slice(0, index));
        if (item.type === "changed") expect(item.line.seq).toBe(known + 1);
        else expect(item.after).toBe(known);
      }
      const since = items.slice(items.findLastIndex(({ type }) => type === "gap") + 1);
      expect(since).toEqual(changed(linesOf(home.layout).slice(linesOf(home.layout).length - since.length)));
      expect(knownAfter(items)).toBe(linesOf(home.layout).at(-1)?.seq ?? 0);
    }),
    { numRuns: 40 },
  );
}, 120_000);

const WRITER = join(import.meta.dir, "../fixtures/audit-writer.ts");

test("followChanges() gives each line of writers that are killed, and ends when it is told to", async () => {
  await using home = new TempHome();
  const stop = new AbortController();
  const found: FeedItem[] = [];
  let wanted = Promise.withResolvers<void>();
  let enough = 0;
  const following = (async () => {
    for await (const item of followChanges(home.layout, 0, stop.signal)) {
      found.push(item);
      if (found.length >= enough) wanted.resolve();
    }
  })();
  for (let round = 0; round < 4; round += 1) {
    wanted = Promise.withResolvers();
    enough = found.length + 100;
    const writer = Bun.spawn([process.execPath, WRITER, home.layout.home], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await wanted.promise;
    writer.kill("SIGKILL");
    await writer.exited;
    if (round === 1) rotate(home.layout);
  }
  write(home.layout, 1);
  const lines = linesOf(home.layout);
  while (found.length < lines.length) await Bun.sleep(5);
  stop.abort();
  await following;
  expect(found).toEqual(changed(lines));
}, 120_000);
