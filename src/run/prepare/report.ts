import { closeSync, constants, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { parseJson } from "../../model/check.ts";
import { type PreparationReport, preparationReport } from "../../model/preparation.ts";
import { contentOf } from "../records.ts";

/** The report of an attempt's preparation; null where it is missing or unreadable, as where the job removed it. */
export function readReport(directory: string): PreparationReport | null {
  const text = contentOf(join(directory, ATTEMPT_FILES.preparation));
  return text === null ? null : parseJson(preparationReport, text);
}

/** Replaces the report: a reader sees the old one or the new one. Throws what the system refuses. */
export function writeReport(directory: string, report: PreparationReport): void {
  const staged = join(directory, ATTEMPT_FILES.preparationStaged);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = openSync(staged, flags, 0o600);
  try {
    writeSync(file, `${JSON.stringify(report)}\n`);
  } finally {
    closeSync(file);
  }
  renameSync(staged, join(directory, ATTEMPT_FILES.preparation));
}
