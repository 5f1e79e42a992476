import { lstatSync } from "node:fs";
import { timestamp } from "../lib/clock.ts";
import { unlessRefused } from "../lib/errno.ts";
import { type AuditLine, auditLine } from "../model/audit.ts";
import { parseJson } from "../model/check.ts";
import { eventIn } from "../model/event.ts";
import { type FeedEntry, type FeedLine, feedLineIn, jobEntry } from "../model/feed.ts";
import { idFromFileName } from "../model/identity.ts";
import { lastEnded, openAttempt, type Task } from "../model/task.ts";
import { EventReading, eventsFile, type Hide } from "../run/events.ts";
import { auditFiles } from "../store/audit.ts";
import type { Layout } from "../store/layout.ts";
import { idsIn, readTask } from "../store/reader.ts";
import type { Caller } from "./caller.ts";
import { type Missing, NumberedLines } from "./numbered-lines.ts";
import { hidingFor } from "./told.ts";

const SLICE_BYTES = 1_024 * 1_024;

/** What happened: a line of a feed, or of the audit log; what a job told, which has no number; or what is missing. */
export type Happening =
  | { readonly type: "fed"; readonly line: FeedLine }
  | { readonly type: "changed"; readonly line: AuditLine }
  | { readonly type: "told"; readonly line: FeedEntry }
  | ({ readonly type: "missing" } & Missing);

/** Gives what is new at each call. */
export type Happenings = () => Happening[];

/** The lines of the feed of a topic. */
export function feedOf(layout: Layout, topic: string, after: number | null): Happenings {
  const files = (): string[] => [layout.earlierFeed(topic), layout.feed(topic)];
  const lines = new NumberedLines({ files, lineIn: feedLineIn }, after);
  return () =>
    lines.read().map((line) => ("seq" in line ? { type: "fed", line } : { type: "missing", ...line }));
}

/** All changes of a home, and what its running jobs tell from now on. */
export function changesOf(caller: Caller, layout: Layout, after: number | null): Happenings {
  const files = (): string[] => [...auditFiles(layout).filter((path) => path !== layout.audit), layout.audit];
  const lineIn = (text: string): AuditLine | null => parseJson(auditLine, text);
  const lines = new NumberedLines({ files, lineIn }, after);
  const jobs = new Tellings(caller, layout);
  return () => {
    // What a job told comes before its end, and after its start.
    const before = jobs.read();
    const found = lines.read();
    const claimed = found.flatMap((line) =>
      "seq" in line && line.event === "task_preparing" ? (line.task ?? []) : [],
    );
    const changed = found.map(
      (line): Happening => ("seq" in line ? { type: "changed", line } : { type: "missing", ...line }),
    );
    return [...before, ...changed, ...jobs.readNew(claimed)];
  };
}

interface Telling {
  readonly task: Task;
  readonly reading: EventReading;
  readonly hide: Hide;
}

/** What running jobs tell. */
class Tellings {
  readonly #caller: Caller;
  readonly #layout: Layout;
  /** By `ID/N`. */
  #open = new Map<string, Telling>();
  readonly #began: number;

  constructor(caller: Caller, layout: Layout) {
    this.#caller = caller;
    this.#layout = layout;
    this.#began = caller.clock.now();
    // What these told before is in the past.
    this.#find((path) => unlessRefused(() => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0, 0));
  }

  /** Of jobs that are known. */
  read(): Happening[] {
    return [...this.#open.values()].flatMap((one) => this.#readOne(one));
  }

  /** Of jobs that have started since, some of these may have ended already; those that have ended are forgotten. */
  readNew(claimed: readonly string[]): Happening[] {
    const added = this.#find(() => 0);
    const known = new Set([...this.#open.values(), ...added].map(({ task }) => task.metadata.id as string));
    const short = claimed.filter((id) => !known.has(id)).flatMap((id) => this.#ended(id));
    return [...added, ...short].flatMap((one) => this.#readOne(one));
  }

  /** A job that was over before it was seen. */
  #ended(text: string): Telling[] {
    const id = idFromFileName(`${text}.json`);
    const read = id === null ? null : readTask(this.#layout, id);
    const attempt = read?.ok === true ? lastEnded(read.value) : null;
    // The lines after a number may be of long ago.
    if (id === null || read?.ok !== true || attempt === null || Date.parse(attempt.claimedAt) < this.#began)
      return [];
    return [this.#telling(read.value, attempt.number, () => 0)];
  }

  #telling(task: Task, attempt: number, positionIn: (path: string) => number): Telling {
    const path = eventsFile(this.#layout.attempt(task.metadata.id, attempt));
    const reading = new EventReading(path, positionIn(path));
    return { task, reading, hide: hidingFor(this.#caller, this.#layout, task) };
  }

  #find(positionIn: (path: string) => number): Telling[] {
    const open = new Map<string, Telling>();
    const added: Telling[] = [];
    for (const id of idsIn(this.#layout, "running")) {
      const read = readTask(this.#layout, id);
      const attempt = read.ok ? openAttempt(read.value) : null;
      if (!read.ok || attempt === null) continue;
      const key = `${id}/${attempt.number}`;
      const known = this.#open.get(key);
      if (known !== undefined) {
        open.set(key, known);
        continue;
      }
      const telling = this.#telling(read.value, attempt.number, positionIn);
      open.set(key, telling);
      added.push(telling);
    }
    this.#open = open;
    return added;
  }

  #readOne({ task, reading, hide }: Telling): Happening[] {
    const told: Happening[] = [];
    const at = timestamp(this.#caller.clock.now());
    const take = (bytes: Buffer | null, offset: number): void => {
      const event = bytes === null ? null : eventIn(hide(bytes.toString("utf8")));
      if (event !== null) told.push({ type: "told", line: jobEntry(task, { event, at, offset }) });
    };
    reading.read(take, SLICE_BYTES);
    return told;
  }
}
