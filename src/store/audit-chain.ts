import { closeSync, fstatSync, readSync } from "node:fs";
import { basename } from "node:path";
import { openRegularFile, readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AuditLine, auditLine } from "../model/audit.ts";
import { check } from "../model/check.ts";
import { type Problem, problem } from "../model/errors.ts";
import { auditFiles, FIRST_HASH, hashOf } from "./audit.ts";
import type { Layout } from "./layout.ts";

/** Checks every line's hash against the line before it; gives the number of lines, or the first that is wrong. */
export function verifyAudit(layout: Layout): Result<{ lines: number; lastSeq: number }, Problem> {
  let previous = { hash: FIRST_HASH, seq: 0 };
  let lines = 0;
  for (const file of auditFiles(layout)) {
    for (const [index, text] of readRegularFile(file).split("\n").entries()) {
      if (text === "") continue;
      const fault = faultOf(text, previous);
      if (typeof fault === "string") {
        const hint = "keep a copy of the file; the records themselves are not affected";
        return err(
          problem(
            "AUDIT_BROKEN",
            `Cannot verify the audit log: ${basename(file)} line ${index + 1} ${fault}`,
            hint,
          ),
        );
      }
      previous = fault;
      lines += 1;
    }
  }
  return ok({ lines, lastSeq: previous.seq });
}

function faultOf(text: string, previous: { hash: string; seq: number }): AuditLine | string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  const parsed = check(auditLine, data);
  if (!parsed.ok) return "is not an audit line";
  const { hash, ...unsealed } = data as AuditLine;
  if (parsed.value.seq !== previous.seq + 1)
    return `has number ${parsed.value.seq}, wanted ${previous.seq + 1}`;
  if (parsed.value.prevHash !== previous.hash) return "does not follow the line before it";
  return hashOf(unsealed) === hash ? parsed.value : "was changed after it was written";
}

/** A clock that was wrong by hours when a task was made does not hide its lines. */
const MAX_CLOCK_ERROR_MS = 86_400_000;
/** Read at a time, from the end backwards. */
const CHUNK_BYTES = 1_024 * 1_024;

/**
 * The last version on the log of some tasks, by uid; read without checking, for a start-up that compares. `since` says when
 * each of them was made, in ms since the epoch: what the log said before is not looked at, however long it is.
 */
export function auditedVersions(layout: Layout, since: ReadonlyMap<string, number>): Map<string, number> {
  const versions = new Map<string, number>();
  const fromMs = [...since.values()].reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY);
  for (const file of since.size === 0 ? [] : auditFiles(layout).toReversed()) {
    for (const text of chunksFromEnd(file)) {
      const found = new Map<string, number>();
      for (const match of text.matchAll(/"uid":"([^"]+)"[^\n]*?"version":(\d+)/g)) {
        if (match[1] !== undefined && since.has(match[1])) found.set(match[1], Number(match[2]));
      }
      for (const [uid, version] of found) if (!versions.has(uid)) versions.set(uid, version);
      if (versions.size === since.size) return versions;
      const oldest = /"at":"([^"]+)"/.exec(text)?.[1];
      if (oldest !== undefined && Date.parse(oldest) < fromMs - MAX_CLOCK_ERROR_MS) return versions;
    }
  }
  return versions;
}

/** Whole lines of a file, the last ones first. */
function* chunksFromEnd(path: string): Generator<string> {
  const file = openRegularFile(path);
  try {
    let end = fstatSync(file).size;
    let rest: Buffer = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const read = Buffer.alloc(end - start);
      readSync(file, read, 0, read.length, start);
      const bytes = Buffer.concat([read, rest]);
      const cut = start === 0 ? 0 : bytes.indexOf(0x0a) + 1;
      rest = bytes.subarray(0, cut);
      yield bytes.toString("utf8", cut);
      end = start;
    }
  } finally {
    closeSync(file);
  }
}
