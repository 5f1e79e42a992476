import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, numberOf } from "../model/identity.ts";
import { type Notice, notice } from "../model/notice.ts";
import type { Task } from "../model/task.ts";
import { replaceFile, replaceFiles } from "./durable.ts";
import { isMissing, namesOrNone } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { readRecord } from "./record.ts";

const ENDING = ".json";
/** Undeliverable notices that are kept, for `doctor` and for people. */
const MAX_GIVEN_UP = 100;

/** Writes notices durably; one that exists is written again, with the same text. */
export function writeNotices(layout: Layout, notices: readonly Notice[]): void {
  if (notices.length === 0) return;
  const files = notices.map((one) => ({ path: layout.notice(one.id), text: textOf(one) }));
  // A home of an older version lacks the folder.
  mkdirSync(layout.notices, { recursive: true, mode: 0o700 });
  const error = replaceFiles(files, layout.tmp).find((one) => one !== null) ?? null;
  if (error !== null) throw error;
  syncDirectory(layout.notices);
  failpoint("notice:written");
}

/** The notices that wait, oldest task first. Unreadable files are left to `doctor`. */
export function readNotices(layout: Layout): Notice[] {
  return noticeNames(layout).flatMap((name) => {
    const read = readNotice(join(layout.notices, name));
    return read === null || `${read.id}${ENDING}` !== name ? [] : [read];
  });
}

/** The names of the files of notices that wait. */
export function noticeNames(layout: Layout): string[] {
  return noticesIn(layout.notices);
}

/** The names of the files of notices that were given up, oldest first. */
export function givenUpNames(layout: Layout): string[] {
  return noticesIn(layout.noticesGivenUp);
}

/** Removes a notice that was delivered. */
export function dropNotice(layout: Layout, id: string): void {
  failpoint("notice:delivered");
  rmSync(layout.notice(id), { force: true });
  failpoint("notice:removed");
}

/** Records a failed try; a crash may undo it, which costs one more try. */
export function noteTry(layout: Layout, tried: Notice): void {
  replaceFile(layout.notice(tried.id), textOf(tried), layout.tmp);
  failpoint("notice:put-off");
}

/** Moves an undeliverable notice to `.given-up/`; the oldest beyond 100 are removed. */
export function giveUpNotice(layout: Layout, tried: Notice): void {
  replaceFile(layout.notice(tried.id), textOf(tried), layout.tmp);
  mkdirSync(layout.noticesGivenUp, { recursive: true, mode: 0o700 });
  isMissing(() => renameSync(layout.notice(tried.id), layout.noticeGivenUp(tried.id)));
  failpoint("notice:given-up");
  for (const name of givenUpNames(layout).slice(0, -MAX_GIVEN_UP))
    rmSync(join(layout.noticesGivenUp, name), { force: true });
}

/** Reads one notice; null where the file is none. */
export function readNotice(path: string): Notice | null {
  return parseJson(
    notice,
    unlessRefused(() => readRegularFile(path), ""),
  );
}

/**
 * The ended tasks of the batch of this one, without it. Their numbers are consecutive, so only the names in the two directories are
 * listed, and no records are read but theirs and one on either side.
 */
export function endedBeside(layout: Layout, { metadata }: Task): Task[] {
  const { batch, number } = metadata;
  if (batch === undefined) return [];
  const found = (["done", "dead-letter"] as const).flatMap((place) =>
    readdirSync(layout.place(place)).flatMap((name) => {
      const id = idFromFileName(name);
      return id === null ? [] : [{ number: numberOf(id), path: layout.record(place, id) }];
    }),
  );
  const rows = found.toSorted((left, right) => left.number - right.number);
  const before = rows.filter((row) => row.number < number).toReversed();
  const after = rows.filter((row) => row.number > number);
  return [before, after].flatMap((row) => membersIn(row, batch));
}

function membersIn(row: readonly { readonly path: string }[], batch: string): Task[] {
  const members: Task[] = [];
  for (const { path } of row) {
    const read = readRecord(path);
    if (!read.ok) continue;
    if (read.value.metadata.batch !== batch) break;
    members.push(read.value);
  }
  return members;
}

function noticesIn(directory: string): string[] {
  return namesOrNone(directory)
    .filter((name) => name.endsWith(ENDING))
    .sort();
}

function textOf(one: Notice): string {
  return `${JSON.stringify(one)}\n`;
}
