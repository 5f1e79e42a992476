import { lstatSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, type Result } from "../lib/result.ts";
import { check } from "../model/check.ts";
import { project } from "../model/projection.ts";
import { FORMAT_VERSION, type Task, task } from "../model/task.ts";

/** Why a record's bytes are not a task. */
export type RecordFault =
  | { readonly type: "missing" }
  | { readonly type: "newer"; readonly formatVersion: number }
  | { readonly type: "corrupt"; readonly reason: string }
  /** The system refuses for now (no permission, too many files, a failing disk): nothing is said of the record itself. */
  | { readonly type: "unreadable"; readonly errno: string };

/** Kept in the record for its readers, computed anew at each write. */
const PROJECTED = [
  "phase",
  "runState",
  "exitCode",
  "signal",
  "failureClass",
  "errorCode",
  "error",
  "deadLetter",
];

/** A record larger than this is not one of ours: 256 attempts with all their texts stay far below. */
const MAX_RECORD_BYTES = 16 * 1_024 * 1_024;

/** The text of a record, with what only its readers need. */
export function recordText(of: Task): string {
  const status = { ...of.status, ...project(of) };
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, metadata: of.metadata, spec: of.spec, status }, null, 2)}\n`;
}

/** True where a file is to the letter what would be written of a task; far cheaper than to read and check it. */
export function isAsWritten(path: string, known: Task): boolean {
  try {
    return readRegularFile(path) === recordText(known);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return false;
  }
}

/** Reads a record's text. */
export function parseRecord(text: string): Result<Task, RecordFault> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return err({ type: "corrupt", reason: text === "" ? "it is empty" : "it is not JSON" });
  }
  if (!isObject(data) || !isObject(data["status"]))
    return err({ type: "corrupt", reason: "it is not a task record" });
  const { formatVersion, ...rest } = data;
  if (typeof formatVersion !== "number") return err({ type: "corrupt", reason: "it has no formatVersion" });
  if (formatVersion > FORMAT_VERSION) return err({ type: "newer", formatVersion });
  const status = Object.fromEntries(
    Object.entries(data["status"]).filter(([key]) => !PROJECTED.includes(key)),
  );
  const parsed = check(task, { ...rest, status });
  return parsed.ok ? parsed : err({ type: "corrupt", reason: parsed.error });
}

/** Reads the record at a path. */
export function readRecord(path: string): Result<Task, RecordFault> {
  try {
    const stat = lstatSync(path);
    // Reading a FIFO would wait for ever, and a link may lead anywhere.
    if (!stat.isFile()) return err({ type: "corrupt", reason: "it is not a regular file" });
    if (stat.size > MAX_RECORD_BYTES) return err({ type: "corrupt", reason: "it is larger than any record" });
    return parseRecord(readRegularFile(path));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") return err({ type: "missing" });
    if (errno === null) throw error;
    return err({ type: "unreadable", errno });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
