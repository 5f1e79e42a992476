import { basename } from "node:path";
import { readRegularFile } from "../lib/regular-file.ts";
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

/** The last version on the log of each task, by uid; read without checking, for a start-up that compares. */
export function auditedVersions(layout: Layout): Map<string, number> {
  const versions = new Map<string, number>();
  for (const file of auditFiles(layout)) {
    for (const match of readRegularFile(file).matchAll(/"uid":"([^"]+)"[^\n]*?"version":(\d+)/g)) {
      if (match[1] !== undefined) versions.set(match[1], Number(match[2]));
    }
  }
  return versions;
}
