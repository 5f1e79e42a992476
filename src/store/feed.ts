import { closeSync, constants, ftruncateSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { timestamp } from "../lib/clock.ts";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { openRegularFile, withFile } from "../lib/regular-file.ts";
import { type FeedEntry, type FeedLine, feedLineIn, GAP, isEndOfAttempt, STARTED } from "../model/feed.ts";
import { writeWhole } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { isThere } from "./quarantine.ts";

/** Created where missing, read at any position, written at its end; no link. */
const APPENDING = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
/** A feed of this size begins again; the lines before are kept until it does so the next time. */
const MAX_FEED_BYTES = 8 * 1_024 * 1_024;
/** Versions that are remembered of each topic: those of tasks whose last lines a crash may repeat. */
const MAX_VERSIONS = 4_096;

/** What is known of one feed. */
interface Feed {
  seq: number;
  size: number;
  /** The last number in the file before this one; 0 for none. */
  earlierSeq: number;
  /** Behind the last line of each attempt that has started, by `ID/N`; 0 before its first. */
  readonly offsets: Map<string, number>;
  /** The version of the last line of the supervisor, by task. */
  readonly versions: Map<string, number>;
  /** A refused write may have left a partial line. */
  isTorn: boolean;
  /** Lines that the disk refused since the last one that it took. */
  lost: number;
}

/**
 * Writes the feeds of topics, `events/TOPIC.ndjson`: a line for each thing that the supervisor did to the tasks of a topic, and for each
 * that their jobs told. Only the owner of the home's lock does so.
 *
 * A line of a job carries the offset behind it in the file of the job, so that line and offset come to the disk in one append: after a
 * kill anywhere, the next supervisor reads on behind the last line that is in the feed. A line of the supervisor carries the version of
 * the record, and one that a recovery brings again is dropped.
 *
 * A feed that has become long is renamed, in place of the one before, and begins again with a line `gap`. It says which lines are gone
 * for good, and repeats the offsets of the attempts that run. A crash between the two leaves no feed: the next append makes the line.
 *
 * Feeds are for observers. The records are the truth: nothing is synced, and what a full disk refuses is dropped and counted in a `gap`.
 */
export class Feeds {
  readonly #layout: Layout;
  readonly #now: () => number;
  readonly #feeds = new Map<string, Feed>();

  constructor(layout: Layout, now: () => number) {
    this.#layout = layout;
    this.#now = now;
  }

  /** Appends lines to the feed of a topic; never throws what the system refuses. */
  append(topic: string, entries: readonly FeedEntry[]): void {
    if (entries.length === 0) return;
    try {
      const feed = this.#feedOf(topic);
      const isNew = ({ task = "", attempt, type, version }: FeedEntry): boolean => {
        if (version !== undefined && version <= (feed.versions.get(task) ?? 0)) return false;
        // What a job tells before its start is on record brings the start along.
        return type !== STARTED || !feed.offsets.has(`${task}/${attempt}`);
      };
      this.#write(topic, feed, entries.filter(isNew));
      if (feed.size >= MAX_FEED_BYTES) this.#beginAgain(topic, feed);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  }

  /** The offset behind the last line of an attempt in a feed; 0 for none. */
  offsetOf(topic: string, { task, attempt }: { readonly task: string; readonly attempt: number }): number {
    return unlessRefused(() => this.#feedOf(topic).offsets.get(`${task}/${attempt}`) ?? 0, 0);
  }

  #feedOf(topic: string): Feed {
    const known = this.#feeds.get(topic);
    if (known !== undefined) return known;
    mkdirSync(this.#layout.feeds, { recursive: true, mode: 0o700 });
    const feed: Feed = {
      seq: 0,
      size: 0,
      earlierSeq: 0,
      offsets: new Map(),
      versions: new Map(),
      isTorn: false,
      lost: 0,
    };
    const path = this.#layout.feed(topic);
    // Absent after a crash between the two steps of a new beginning.
    if (!isThere(path)) for (const line of linesOf(this.#layout.earlierFeed(topic)).lines) note(feed, line);
    const isCut = feed.seq > 0;
    if (!isCut) {
      const { lines, size } = linesOf(path);
      for (const line of lines) note(feed, line);
      feed.size = size;
      // A line that a crash cut short is removed by the next append.
      feed.isTorn = true;
    }
    this.#feeds.set(topic, feed);
    if (isCut) this.#writeGap(topic, feed);
    return feed;
  }

  #write(topic: string, feed: Feed, entries: readonly FeedEntry[]): void {
    if (entries.length === 0) return;
    const gap: FeedEntry[] =
      feed.lost === 0
        ? []
        : [
            {
              at: timestamp(this.#now()),
              type: GAP,
              payload: { lost: feed.lost, why: "the disk refused them" },
            },
          ];
    let { seq } = feed;
    const lines = [...gap, ...entries].map((entry): FeedLine => {
      seq += 1;
      return { seq, ...entry };
    });
    const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    feed.lost += entries.length;
    const file = openRegularFile(this.#layout.feed(topic), APPENDING);
    try {
      if (feed.isTorn) ftruncateSync(file, feed.size);
      feed.isTorn = true;
      writeWhole(file, text);
      feed.isTorn = false;
    } finally {
      closeSync(file);
    }
    feed.lost = 0;
    feed.size += text.length;
    for (const line of lines) note(feed, line);
    failpoint("feed:appended");
  }

  #beginAgain(topic: string, feed: Feed): void {
    renameSync(this.#layout.feed(topic), this.#layout.earlierFeed(topic));
    failpoint("feed:set-aside");
    this.#writeGap(topic, feed);
  }

  #writeGap(topic: string, feed: Feed): void {
    const { earlierSeq, offsets, seq } = feed;
    feed.size = 0;
    feed.earlierSeq = seq;
    const payload = { removedThrough: earlierSeq, offsets: Object.fromEntries(offsets) };
    this.#write(topic, feed, [{ at: timestamp(this.#now()), type: GAP, payload }]);
  }
}

/** Takes in a line that is in a feed. */
function note(feed: Feed, { seq, type, task, attempt, offset, version, payload }: FeedLine): void {
  const isBeginning = type === GAP && feed.seq === 0;
  if (isBeginning) feed.earlierSeq = seq - 1;
  feed.seq = seq;
  if (type === GAP && payload?.["offsets"] !== undefined)
    for (const [key, value] of Object.entries(payload["offsets"] as Record<string, number>))
      feed.offsets.set(key, value);
  if (task === undefined) return;
  const key = `${task}/${attempt}`;
  if (offset !== undefined || type === STARTED) feed.offsets.set(key, offset ?? 0);
  if (version === undefined) return;
  if (isEndOfAttempt(type)) feed.offsets.delete(key);
  feed.versions.delete(task);
  feed.versions.set(task, version);
  const [oldest] = feed.versions.keys();
  if (feed.versions.size > MAX_VERSIONS && oldest !== undefined) feed.versions.delete(oldest);
}

/** The lines of a feed as a crash left it, and the size of its whole lines; after a power cut it may end with zeros. */
function linesOf(path: string): { readonly lines: readonly FeedLine[]; readonly size: number } {
  const bytes = unlessRefused(() => withFile(path, (file) => readFileSync(file)), Buffer.alloc(0));
  const zero = bytes.indexOf(0);
  const size = bytes.subarray(0, zero === -1 ? bytes.length : zero).lastIndexOf("\n") + 1;
  const lines = bytes.toString("utf8", 0, size).split("\n");
  return { lines: lines.flatMap((line) => feedLineIn(line) ?? []), size };
}
