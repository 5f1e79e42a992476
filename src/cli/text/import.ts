import type { Imported } from "../../intake/import/imported.ts";
import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { localZone } from "../../lib/zone.ts";
import type { ReadyFile } from "../import-files.ts";
import { describeTiming } from "./cron.ts";
import { hanging } from "./wrap.ts";

/** An import that was shown or written. */
export interface ShownImport {
  /** The name of the text that it comes from. */
  readonly source: string;
  readonly imported: Imported;
  readonly files: readonly ReadyFile[];
  readonly isWritten: boolean;
}

/** What an import makes: each file with its next firings and notes, then what differs, and what to do next. */
export function showImport(
  { source, imported, files, isWritten }: ShownImport,
  { nowMs, columns }: { readonly nowMs: number; readonly columns: number },
): string {
  const { leftOut, differences, afterwards } = imported;
  const told = (prefix: string, text: string): string[] => hanging(prefix, text, { columns });
  const lines = files.flatMap((file) => {
    const { head, next } = headOf(file, nowMs);
    const notes = file.notes.flatMap((note) => told("  note  ", note));
    return [
      ...hanging("", head, { columns, hang: 2 }),
      ...next.flatMap((times) => told("  next  ", times)),
      ...notes,
    ];
  });
  for (const { line, what } of leftOut)
    lines.push(...hanging("", `not imported (line ${line}): ${what}`, { columns, hang: 2 }));
  if (files.length > 0) lines.push("", "What differs:", ...differences.flatMap((one) => told("  - ", one)));
  if (lines.length > 0) lines.push("");
  for (const line of endLines({ source, files, isWritten, afterwards })) lines.push(...told("", line));
  return asLines(lines);
}

function headOf(
  { name, line, schedule, path, isThere }: ReadyFile,
  nowMs: number,
): { readonly head: string; readonly next: string[] } {
  const from = line === null ? "" : ` (line ${line})`;
  const there = isThere ? ", already exists" : "";
  const [when, next] = schedule === null ? [path, []] : timesOf(schedule, nowMs);
  return { head: `${name}: ${when}${from}${there}`, next };
}

function timesOf(
  { rule, nextMs }: NonNullable<ReadyFile["schedule"]>,
  nowMs: number,
): [when: string, next: string[]] {
  const { timing, timeZone, jitterMs } = rule;
  const isLocal = timing.type === "every" || timeZone === localZone();
  const late = jitterMs > 0 ? `, up to ${formatDuration(jitterMs)} later` : "";
  const times = nextMs.map((ms) => localTime(ms, nowMs)).join(", ");
  return [
    `${describeTiming(timing)}${isLocal ? "" : ` in ${timeZone}`}${late}`,
    [`${times}${isLocal ? "" : " local time"}`],
  ];
}

function endLines({
  source,
  files,
  isWritten,
  afterwards,
}: Pick<ShownImport, "source" | "files" | "isWritten"> & { readonly afterwards: string }): string[] {
  if (files.length === 0) return [`Nothing to import in ${source}.`];
  const missing = files.filter(({ isThere }) => !isThere);
  if (missing.length === 0)
    return [
      `Nothing to write: ${files.length === 1 ? "it already exists" : `all ${files.length} exist`}.`,
      afterwards,
    ];
  const schedules = missing.filter(({ type }) => type === "schedule").length;
  const tasks = missing.length - schedules;
  const what = [
    ...(schedules > 0 ? [counted(schedules, "schedule")] : []),
    ...(tasks > 0 ? [counted(tasks, "task file")] : []),
  ].join(" and ");
  if (!isWritten) return [`Nothing was written. To write ${what}, add --write; --json shows their text.`];
  return [`${what} written.`, afterwards];
}

/** An import as JSON. */
export function importJson({ source, imported, files, isWritten }: ShownImport): unknown {
  const { leftOut, differences, afterwards } = imported;
  return {
    source,
    written: isWritten,
    files: files.map(({ type, name, path, line, text, notes, isThere, schedule }) => ({
      type,
      name,
      path,
      line,
      exists: isThere || isWritten,
      ...(schedule !== null && { next: schedule.nextMs.map(timestamp) }),
      notes,
      text,
    })),
    leftOut,
    differences,
    afterwards,
  };
}
