import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import type { FeedEntry, FeedLine } from "../../src/model/feed.ts";
import { Feeds } from "../../src/store/feed.ts";
import type { Layout } from "../../src/store/layout.ts";
import { crashImages, refusedAt } from "../rig/crash.ts";
import { at, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const feedsOf = (layout: Layout): Feeds => new Feeds(layout, () => NOW_MS);

function told(offset: number, size = 0): FeedEntry {
  const payload = { msg: "x".repeat(size) };
  return { at: at(), task: "000001-a", attempt: 1, type: "INFO", payload, offset };
}

function own(type: string, version: number): FeedEntry {
  return { at: at(), task: "000001-a", attempt: 1, type, version };
}

function linesIn(path: string): FeedLine[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as FeedLine);
}

/** All lines that are kept, oldest first. */
function kept(layout: Layout): FeedLine[] {
  return [...linesIn(layout.earlierFeed("t")), ...linesIn(layout.feed("t"))];
}

const HALF = 4 * 1_024 * 1_024;

describe("the feed of a topic", () => {
  test("numbers its lines, also in the next process, which knows how far each job was read", async () => {
    await using home = new TempHome();
    feedsOf(home.layout).append("t", [own("ASSIGNED", 2), told(10), told(25)]);
    const next = feedsOf(home.layout);
    expect(next.offsetOf("t", { task: "000001-a", attempt: 1 })).toBe(25);
    expect(next.offsetOf("t", { task: "000001-a", attempt: 2 })).toBe(0);
    next.append("t", [told(40)]);
    expect(kept(home.layout).map(({ seq, offset }) => [seq, offset])).toEqual([
      [1, undefined],
      [2, 10],
      [3, 25],
      [4, 40],
    ]);
  });

  test("drops what a recovery brings again", async () => {
    await using home = new TempHome();
    feedsOf(home.layout).append("t", [own("ASSIGNED", 2), own("COMPLETED", 3), own("BACKOFF", 3)]);
    const next = feedsOf(home.layout);
    next.append("t", [own("COMPLETED", 3), own("BACKOFF", 3)]);
    next.append("t", [own("ASSIGNED", 4)]);
    expect(kept(home.layout).map(({ type }) => type)).toEqual([
      "ASSIGNED",
      "COMPLETED",
      "BACKOFF",
      "ASSIGNED",
    ]);
  });

  test("removes a line that a kill or a power cut left in part, and lives with foreign ones", async () => {
    for (const rubbish of ['{"seq":2,"at', "\0\0\0\0", "foreign\n"]) {
      await using home = new TempHome();
      feedsOf(home.layout).append("t", [told(10)]);
      appendFileSync(home.layout.feed("t"), rubbish);
      feedsOf(home.layout).append("t", [told(20)]);
      const lines = readFileSync(home.layout.feed("t"), "utf8")
        .split("\n")
        .filter((line) => line !== "foreign");
      expect(lines.map((line) => (line === "" ? null : (JSON.parse(line) as FeedLine).seq))).toEqual([
        1,
        2,
        null,
      ]);
    }
  });

  test("begins again when it is long, with a gap that tells what is gone and how far the jobs were read", async () => {
    await using home = new TempHome();
    const feeds = feedsOf(home.layout);
    for (let line = 1; line <= 5; line += 1) feeds.append("t", [told(line * 10, HALF)]);
    const lines = kept(home.layout);
    expect(lines.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      "3 gap",
      "4 INFO",
      "5 INFO",
      "6 gap",
      "7 INFO",
    ]);
    expect(lines[3]?.payload).toEqual({ removedThrough: 2, offsets: { "000001-a/1": 40 } });
    rmSync(home.layout.earlierFeed("t"));
    expect(feedsOf(home.layout).offsetOf("t", { task: "000001-a", attempt: 1 })).toBe(50);
  });

  test("loses no line and repeats none, whatever a kill interrupts", async () => {
    await using home = new TempHome();
    const entries = Array.from({ length: 3 }, (_, index) => told((index + 1) * 10, HALF));
    const images = crashImages(home, (layout) => {
      const feeds = feedsOf(layout);
      for (const entry of entries) feeds.append("t", [entry]);
    });
    expect(new Set(images.map(({ failpoint }) => failpoint))).toEqual(
      new Set(["feed:appended", "feed:set-aside"]),
    );
    for (const { layout } of images) {
      const next = feedsOf(layout);
      const from = next.offsetOf("t", { task: "000001-a", attempt: 1 });
      next.append(
        "t",
        entries.filter(({ offset = 0 }) => offset > from),
      );
      const lines = kept(layout);
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + (lines[0]?.seq ?? 0)));
      const offsets = lines.flatMap(({ offset }) => offset ?? []);
      expect(offsets).toEqual([10, 20, 30].slice(-offsets.length));
      expect(offsets.length).toBeGreaterThanOrEqual(1);
    }
  });

  test("counts in a gap what the disk refused, and never stops its owner", async () => {
    await using home = new TempHome();
    const feeds = feedsOf(home.layout);
    feeds.append("t", [told(10)]);
    rmSync(home.layout.feed("t"));
    mkdirSync(home.layout.feed("t"));
    feeds.append("t", [told(20), told(30)]);
    rmSync(home.layout.feed("t"), { recursive: true });
    feeds.append("t", [told(40)]);
    expect(kept(home.layout).map(({ seq, type }) => `${seq} ${type}`)).toEqual(["2 gap", "3 INFO"]);
    expect(kept(home.layout)[0]?.payload).toMatchObject({ lost: 2 });
    refusedAt("feed:appended", "ENOSPC", () => feeds.append("t", [told(50)]));
    symlinkSync("/dev/null", home.layout.feed("u"));
    feeds.append("u", [told(10)]);
  });
});
