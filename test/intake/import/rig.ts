import { renderDiagnostic } from "../../../src/intake/diagnostic.ts";
import type { ImportContext, Imported, ImportReader } from "../../../src/intake/import/imported.ts";
import type { Draft } from "../../../src/model/submission.ts";
import { cronFault } from "../../../src/plan/timetable.ts";
import { valueOf } from "../../rig/results.ts";
import { draftsIn } from "../rig.ts";

export const IMPORT: ImportContext = {
  file: "source",
  userName: "ada",
  userHome: "/home/ada",
  nowMs: Date.parse("2026-05-01T12:00:00Z"),
  timeZone: "UTC",
  cronFault,
};

/** What a text becomes, with the drafts of its only task file. */
export function importedBy(
  read: ImportReader,
  text: string,
): Imported & { readonly drafts: readonly Draft[] } {
  const imported = valueOf(read(text, IMPORT));
  const [file] = imported.files;
  return { ...imported, drafts: file === undefined ? [] : draftsIn(file.text) };
}

/** The faults in a text, with their places and hints. */
export function importFaults(read: ImportReader, text: string): string[] {
  const result = read(text, IMPORT);
  return result.ok ? [] : result.error.map(renderDiagnostic);
}
