import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { instantMs } from "../lib/clock.ts";
import { openRegularFile, readRegularFile } from "../lib/regular-file.ts";
import { ok, type Result } from "../lib/result.ts";
import { sha256 } from "../lib/sha256.ts";
import { type AuditEntry, type AuditLine, auditLine } from "../model/audit.ts";
import { check, isObject, jsonIn } from "../model/check.ts";
import { type Problem, rejected } from "../model/errors.ts";
import type { Owner } from "../model/owner.ts";
import type { Task } from "../model/task.ts";
import { auditFiles, FIRST_HASH, hashOf } from "./audit.ts";
import type { Layout } from "./layout.ts";
import { nextNumber } from "./numbers.ts";
import { readSealed, writeSealed } from "./sealed.ts";

/** A line of the audit log, as the next one refers to it. */
interface Link {
  readonly hash: string;
  readonly seq: number;
}

/** A file of the log whose chain was verified, from the line before its first to its last. */
interface AuditPart {
  readonly file: string;
  /** Changes with each change of the file. */
  readonly stamp: string;
  readonly from: Link;
  readonly to: Link;
  readonly lines: number;
}

/** A longer list of verified files is not read. */
const MAX_PARTS_BYTES = 16 * 1_024 * 1_024;

/** To report each line would take as long as to verify it. */
const LINES_PER_REPORT = 1_000;

interface VerifyOptions {
  readonly isQuick?: boolean;
  /** Called with the bytes that were verified, and all bytes. */
  readonly onProgress?: (bytes: number, all: number) => void;
}

const BEGIN: Link = { hash: FIRST_HASH, seq: 0 };

/**
 * Checks every line's hash against the line before it. Returns the number of lines, or AUDIT_BROKEN with the first line that is wrong.
 * A quick check skips rotated files that an earlier check found whole and that have not changed since.
 */
export function verifyAudit(
  layout: Layout,
  { isQuick = false, onProgress = () => {} }: VerifyOptions = {},
): Result<{ lines: number; lastSeq: number }, Problem> {
  const files = auditFiles(layout);
  const kept = isQuick ? readSealed(layout.auditParts, MAX_PARTS_BYTES) : null;
  const known = (kept as AuditPart[] | null) ?? [];

  const sizes = files.map((file) => statSync(file).size);
  const all = sizes.reduce((total, size) => total + size, 0);
  let past = 0;
  const parts: AuditPart[] = [];
  let previous = BEGIN;
  for (const [index, file] of files.entries()) {
    const stamp = stampOf(file);
    const from = previous;
    let part =
      known.find((one) => Bun.deepEquals([one.file, one.stamp, one.from], [file, stamp, from])) ?? null;
    if (part === null) {
      const before = past;
      const verified = verifyFile(file, from, (bytes) => onProgress(before + bytes, all));
      if (!verified.ok) return verified;
      part = { file, stamp, from, ...verified.value };
    }
    parts.push(part);
    past += sizes[index] ?? 0;
    previous = part.to;
  }
  const rotated = parts.filter(({ file }) => file !== layout.audit);
  // Without write access, the next check is a full one.
  if (isQuick && rotated.length > 0 && !Bun.deepEquals(rotated, known))
    writeSealed(layout, layout.auditParts, JSON.stringify(rotated));
  return ok({ lines: parts.reduce((total, { lines }) => total + lines, 0), lastSeq: previous.seq });
}

function stampOf(path: string): string {
  const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, ctimeNs].join(" ");
}

function verifyFile(
  file: string,
  from: Link,
  onBytes: (bytes: number) => void,
): Result<{ to: Link; lines: number }, Problem> {
  let to = from;
  let lines = 0;
  let bytes = 0;
  for (const [index, text] of readRegularFile(file).split("\n").entries()) {
    if (text === "") continue;
    const next = linkOf(text, to) ?? faultOf(text, to);
    if (typeof next === "string") {
      const message = `Cannot verify the audit log: ${basename(file)} line ${index + 1} ${next}`;
      return rejected(
        "AUDIT_BROKEN",
        message,
        "keep a copy of the file; the records themselves are not affected",
      );
    }
    to = { hash: next.hash, seq: next.seq };
    lines += 1;
    bytes += text.length + 1;
    if (lines % LINES_PER_REPORT === 0) onBytes(bytes);
  }
  return ok({ to, lines });
}

/** A line as stint writes it ends with its hash, over all that stands before. */
const SEALED =
  /^\{"seq":(\d+),"at":"[^"]+","event":".*"prevHash":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$/;
const SEAL_LENGTH = ',"hash":""}'.length + FIRST_HASH.length;

/** The fast path for a line that follows the one before; null leaves it to `faultOf`. */
function linkOf(text: string, previous: Link): Link | null {
  const [, seq, prevHash, hash = ""] = SEALED.exec(text) ?? [];
  if (Number(seq) !== previous.seq + 1 || prevHash !== previous.hash) return null;
  return sha256(`${text.slice(0, -SEAL_LENGTH)}}`) === hash ? { hash, seq: Number(seq) } : null;
}

function faultOf(text: string, previous: Link): AuditLine | string {
  const data = jsonIn(text);
  if (data === undefined) return "is not JSON";
  const parsed = check(auditLine, data);
  if (!parsed.ok) return "is not an audit line";
  const { hash, ...unsealed } = data as AuditLine;
  if (parsed.value.seq !== previous.seq + 1)
    return `has number ${parsed.value.seq}, wanted ${previous.seq + 1}`;
  if (parsed.value.prevHash !== previous.hash) return "does not follow the line before it";
  return hashOf(unsealed) === hash ? parsed.value : "was changed after it was written";
}

/** The clock may have been wrong by hours when a task was made; its lines are still found. */
const MAX_CLOCK_ERROR_MS = 86_400_000;
/** Bytes read at first, from the end backwards, and at most at a time: usually the last lines tell all. */
const FIRST_CHUNK_BYTES = 32 * 1_024;
const CHUNK_BYTES = 1_024 * 1_024;

/** Where `takenNote` puts the next free number. */
const NEXT_NUMBER = /, next number (\d+)$/;

/** The audit entry for acquiring the lock. It has the next free number only where all records could be read; see `unaudited`. */
export function takenNote(layout: Layout, actor: string, { owner, takenFrom, isAllRead }: Taken): AuditEntry {
  const from = takenFrom === null ? "" : `, from ${takenFrom.role}, pid ${takenFrom.pid}`;
  const next = isAllRead ? `, next number ${nextNumber(layout) ?? 1}` : "";
  return {
    event: takenFrom === null ? "lock_taken" : "lock_taken_over",
    actor,
    detail: `${owner.role}, pid ${owner.pid}${from}${next}`,
  };
}

interface Taken {
  readonly owner: Pick<Owner, "role" | "pid">;
  /** The dead owner that the lock was taken from, if any. */
  readonly takenFrom: Pick<Owner, "role" | "pid"> | null;
  readonly isAllRead: boolean;
}

/**
 * The last audited version of some tasks, by uid. Hashes are not checked. `since` is when each task was made, in ms since the epoch:
 * older parts of the log are not read.
 */
export function auditedVersions(layout: Layout, since: ReadonlyMap<string, number>): Map<string, number> {
  const versions = new Map<string, number>();
  if (since.size === 0) return versions;
  const fromMs = [...since.values()].reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
  for (const { task } of linesFromEnd(layout, () => fromMs)) {
    if (task === null || !since.has(task.uid) || versions.has(task.uid)) continue;
    versions.set(task.uid, task.version);
    if (versions.size === since.size) break;
  }
  return versions;
}

/** A task with versions that the log lacks; `audited` is the last version on the log, 0 for none. */
export interface Unaudited {
  readonly task: Task;
  readonly audited: number;
}

/**
 * The tasks that are newer than their last audit line, in their order, each once in its newest version. Every owner of the lock audits
 * what it finds. So the search skips a task that has not changed since the lock was last acquired, and it ends where a lock line says
 * that the numbers of all remaining tasks were still free.
 */
export function unaudited(layout: Layout, tasks: readonly Task[]): Unaudited[] {
  const left = new Map<string, Task>();
  for (const task of tasks) {
    const { uid, resourceVersion } = task.metadata;
    if ((left.get(uid)?.metadata.resourceVersion ?? 0) < resourceVersion) left.set(uid, task);
  }
  const behind = new Map<string, number>();
  let fromMs: number | null = null;
  let isLatest = true;
  for (const line of left.size === 0 ? [] : linesFromEnd(layout, () => (fromMs ??= firstCreatedMs(left)))) {
    if (line.taken !== null) {
      const { atMs, next } = line.taken;
      if (isLatest) dropFound(left, behind, atMs);
      if (isLatest) fromMs = null;
      isLatest = false;
      if (left.values().every(({ metadata }) => behind.has(metadata.uid) || metadata.number >= next)) break;
    }
    if (line.task === null) continue;
    const { uid, version } = line.task;
    const task = left.get(uid);
    if (task === undefined || behind.has(uid)) continue;
    // Usually the log has all of it: a task that is up to date is dropped.
    if (version < task.metadata.resourceVersion) behind.set(uid, version);
    else left.delete(uid);
    if (left.size === behind.size) break;
  }
  return [...left.values()].map((task) => ({ task, audited: behind.get(task.metadata.uid) ?? 0 }));
}

/** Drops the tasks that an earlier owner of the lock found as they are now. */
function dropFound(left: Map<string, Task>, behind: ReadonlyMap<string, number>, takenMs: number): void {
  for (const [uid, { metadata }] of left) {
    if (!behind.has(uid) && instantMs(metadata.updatedAt) < takenMs - MAX_CLOCK_ERROR_MS) left.delete(uid);
  }
}

/** When the oldest of some tasks was made, in ms since the epoch. */
function firstCreatedMs(tasks: ReadonlyMap<string, Task>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { metadata } of tasks.values()) least = Math.min(least, instantMs(metadata.createdAt));
  return least;
}

interface Line {
  /** The task and version of the line; null for a line about no task. */
  readonly task: { readonly uid: string; readonly version: number } | null;
  /** When the lock was acquired, and the next free number then. */
  readonly taken: { readonly atMs: number; readonly next: number } | null;
}

/** The lines about tasks and the lock, the last first, down to about a time in ms since the epoch. */
function* linesFromEnd(layout: Layout, fromMs: () => number): Generator<Line> {
  for (const file of auditFiles(layout).toReversed()) {
    for (const text of chunksFromEnd(file)) {
      let oldestMs = Number.POSITIVE_INFINITY;
      for (const line of text.split("\n").toReversed()) {
        const { uid, version, at, event, detail } = fieldsOf(line);
        if (typeof at === "string") oldestMs = instantMs(at);
        const isTaken = event === "lock_taken" || event === "lock_taken_over";
        const next = isTaken && typeof detail === "string" ? NEXT_NUMBER.exec(detail)?.[1] : undefined;
        if (next !== undefined) yield { task: null, taken: { atMs: oldestMs, next: Number(next) } };
        if (typeof uid === "string" && typeof version === "number")
          yield { task: { uid, version }, taken: null };
      }
      if (oldestMs < fromMs() - MAX_CLOCK_ERROR_MS) return;
    }
  }
}

/** A damaged line has no fields; `audit verify` reports it. */
function fieldsOf(line: string): {
  readonly uid?: unknown;
  readonly version?: unknown;
  readonly at?: unknown;
  readonly event?: unknown;
  readonly detail?: unknown;
} {
  const data = jsonIn(line);
  return isObject(data) ? data : {};
}

/** Whole lines of a file, the last ones first. */
function* chunksFromEnd(path: string): Generator<string> {
  const file = openRegularFile(path);
  try {
    let end = fstatSync(file).size;
    let rest: Buffer = Buffer.alloc(0);
    let most = FIRST_CHUNK_BYTES;
    while (end > 0) {
      const start = Math.max(0, end - most);
      most = Math.min(2 * most, CHUNK_BYTES);
      const read = Buffer.alloc(end - start);
      readSync(file, read, 0, read.length, start);
      const bytes = Buffer.concat([read, rest]);
      const newline = bytes.indexOf(0x0a);
      // A line that is longer than what was read goes on in the next chunk.
      const cut = start === 0 ? 0 : newline < 0 ? bytes.length : newline + 1;
      rest = bytes.subarray(0, cut);
      yield bytes.toString("utf8", cut);
      end = start;
    }
  } finally {
    closeSync(file);
  }
}
