import { constants, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readOwnFile, withFile } from "../lib/regular-file.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import { replaceFiles, writeWhole } from "./durable.ts";
import { isMissing, namesOrNone, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** Numbers in one file: a lookup reads little, and a million tasks make a thousand files. */
const SPAN = 1_000;
/** Ids are at most 240 bytes long; few numbers have two. */
const MAX_BYTES = 1_024 * 1_024;
/** The spans that `recentNames` reads. */
const RECENT_SPANS = 2;
const APPENDING = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;

/**
 * Adds names to the index from numbers to names, by which a task is found without listing the home. An entry may be lost or stale: a
 * reader verifies it by the record, and lists the home where there is no entry.
 */
export function noteNames(layout: Layout, ids: readonly TaskId[]): void {
  for (const [span, members] of Map.groupBy(ids, spanOf)) {
    tryFs("note the names", () => {
      const path = layout.names(span);
      const append = (): void => withFile(path, (file) => writeWhole(file, textOf(members)), APPENDING);
      if (!isMissing(append)) return;
      makeFolder(layout);
      append();
    });
  }
}

/** The ids that the index has for a number. */
export function notedNames(layout: Layout, number: number): TaskId[] {
  const read = tryFs("read the names", () => readOwnFile(layout.names(spanOf(number)), MAX_BYTES));
  return idsIn(read.ok ? read.value : null).filter((id) => numberOf(id) === number);
}

/** The ids of the newest spans of the index, the newest last; some may have been removed, and some may be missing. */
export function recentNames(layout: Layout): TaskId[] {
  const folder = dirname(layout.names(0));
  const files = namesOrNone(folder).toSorted().slice(-RECENT_SPANS);
  const ids = files.flatMap((file) => idsIn(readOwnFile(join(folder, file), MAX_BYTES)));
  return ids.toSorted((left, right) => numberOf(right) - numberOf(left));
}

function idsIn(text: string | null): TaskId[] {
  const ids = (text ?? "").split("\n").map((line) => idFromFileName(`${line}.json`));
  return [...new Set(ids.filter((id) => id !== null))];
}

/** Rebuilds the index from a listing of all tasks. */
export function renoteNames(layout: Layout, ids: readonly TaskId[]): void {
  const spans = Map.groupBy(ids, spanOf);
  tryFs("note the names", () => {
    makeFolder(layout);
    const files = [...spans].map(([span, members]) => ({ path: layout.names(span), text: textOf(members) }));
    replaceFiles(files, layout.tmp, { isSynced: false });
    forgetNames(layout, new Set(spans.keys()));
  });
}

/** Removes index files without tasks; `spans` are the first numbers of the files that still have some. */
export function forgetNames(layout: Layout, spans: ReadonlySet<number>): void {
  const used = new Set([...spans].map((span) => layout.names(span)));
  const newest = layout.names([...spans].reduce((most, span) => Math.max(most, span), 0));
  const folder = dirname(newest);
  // The caller does not know of a task that was accepted meanwhile; its number is higher.
  for (const path of namesOrNone(folder).map((name) => join(folder, name)))
    if (!used.has(path) && path < newest) rmSync(path, { force: true });
}

function makeFolder(layout: Layout): void {
  mkdirSync(dirname(layout.names(0)), { recursive: true, mode: 0o700 });
}

/** The first number of the file of a task. */
export function spanOf(of: TaskId | number): number {
  const number = typeof of === "number" ? of : numberOf(of);
  return number - (number % SPAN);
}

/** Begins with a newline: a crash may have left a partial line. */
function textOf(ids: readonly TaskId[]): string {
  return `\n${ids.join("\n")}\n`;
}
