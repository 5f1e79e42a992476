import { lstatSync, readFileSync } from "node:fs";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { readOwnFile, readSmallFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { check, isObject, jsonIn } from "../model/check.ts";
import type { TaskId } from "../model/identity.ts";
import { project, unprojected } from "../model/projection.ts";
import { FORMAT_VERSION, type Task, task } from "../model/task.ts";
import type { RecordParts } from "./record-parts.ts";

/** Why a record's bytes are not a task. */
export type RecordFault =
  | { readonly type: "missing" }
  | { readonly type: "newer"; readonly formatVersion: number }
  | { readonly type: "corrupt"; readonly reason: string }
  /** The system refused the read for now (no permission, too many open files, a failing disk): the record may be valid. */
  | { readonly type: "unreadable"; readonly errno: string };

/** A larger file is no record of stint: 256 attempts with all their texts stay far below. */
const MAX_RECORD_BYTES = 16 * 1_024 * 1_024;

/** The text of a record, with the derived fields that only other readers need. */
export function recordText(of: Task): string {
  const status = { ...of.status, ...project(of) };
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, metadata: of.metadata, spec: of.spec, status }, null, 2)}\n`;
}

/** True where a file is exactly what would be written for a task; far cheaper than parsing and checking it. */
export function isAsWritten(path: string, known: Task): boolean {
  return unlessRefused(() => readOwnFile(path, MAX_RECORD_BYTES) === recordText(known), false);
}

export function parseRecord(text: string): Result<Task, RecordFault> {
  const data = jsonIn(text);
  if (data === undefined)
    return err({ type: "corrupt", reason: text === "" ? "it is empty" : "it is not JSON" });
  if (!isObject(data) || !isObject(data["status"]))
    return err({ type: "corrupt", reason: "it is not a task record" });
  const { formatVersion, ...rest } = data;
  if (typeof formatVersion !== "number") return err({ type: "corrupt", reason: "it has no formatVersion" });
  if (formatVersion > FORMAT_VERSION) return err({ type: "newer", formatVersion });
  const parsed = check(task, { ...rest, status: unprojected(data["status"]) });
  return parsed.ok ? parsed : err({ type: "corrupt", reason: parsed.error });
}

/** Reads the record of a task at a path; `parts` is shared by all records of one pass. */
export function readRecordOf(
  id: TaskId,
  { path, parts }: { readonly path: string; readonly parts: RecordParts },
): Result<Task, RecordFault> {
  const bytes = readSmallFile(path);
  const known = bytes === null ? null : parts.read(id, bytes);
  return known === null ? readRecord(path) : ok(known);
}

export function readRecord(path: string): Result<Task, RecordFault> {
  try {
    const text = readOwnFile(path, MAX_RECORD_BYTES);
    if (text === null) return err({ type: "corrupt", reason: "it is larger than any record" });
    // What an editor saved in another encoding would be another command.
    const strict = text.includes("\uFFFD") ? decodeUtf8(readFileSync(path)) : ok(text);
    return strict.ok ? parseRecord(strict.value) : err({ type: "corrupt", reason: strict.error });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") return err({ type: "missing" });
    if (errno === null) throw error;
    return err(
      isOther(path) ? { type: "corrupt", reason: "it is not a regular file" } : { type: "unreadable", errno },
    );
  }
}

/** A link may lead anywhere, and a FIFO is no record, whatever its permissions. */
function isOther(path: string): boolean {
  return unlessRefused(() => !lstatSync(path).isFile(), false);
}
