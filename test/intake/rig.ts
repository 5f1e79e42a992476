import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SubmissionContext } from "../../src/intake/candidate.ts";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import type { Definition } from "../../src/model/definition.ts";
import type { Draft } from "../../src/model/submission.ts";
import { deadline } from "../rig/patience.ts";

/** Noon UTC on a Friday. */
const NOW_MS = Date.UTC(2026, 4, 1, 12);

export const CONTEXT: SubmissionContext = {
  file: "job.yaml",
  defaultCwd: "/work",
  home: "/home/ada",
  defaultName: "job",
  nowMs: NOW_MS,
};

/** A version of the definition `train`. */
export function aDefinition(change: Partial<Definition> = {}): Definition {
  return {
    name: "train",
    version: 1,
    sha256: "0".repeat(64),
    createdAt: "2026-01-02T03:04:05.000Z",
    createdBy: "ada",
    file: "/defined/train.yaml",
    folder: "/defined",
    text: "run: python3 train.py\n",
    ...change,
  };
}

/** The drafts in a text that has no faults. */
export function draftsIn(text: string, context: Partial<SubmissionContext> = {}): Draft[] {
  const read = readSubmission(text, { ...CONTEXT, ...context });
  if (!read.ok) throw new Error(read.error.map(renderDiagnostic).join("\n"));
  return read.value;
}

/** The one draft in a text. */
export function draftIn(text: string, context: Partial<SubmissionContext> = {}): Draft {
  const [draft, ...others] = draftsIn(text, context);
  if (draft === undefined || others.length > 0)
    throw new Error(`wanted one draft, there are ${others.length + 1}`);
  return draft;
}

/** The faults in a text: `line:column message` each. */
export function faultsIn(text: string, context: Partial<SubmissionContext> = {}): string[] {
  const read = readSubmission(text, { ...CONTEXT, ...context });
  return read.ok ? [] : read.error.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** The hints in a text's faults. */
export function hintsIn(text: string): (string | undefined)[] {
  const read = readSubmission(text, CONTEXT);
  return read.ok ? [] : read.error.map(({ hint }) => hint);
}

/** The faults in a text as a person sees them. */
export function renderedFaults(text: string, file = "job.yaml"): string {
  const read = readSubmission(text, { ...CONTEXT, file });
  return read.ok ? "" : `\n${read.error.map(renderDiagnostic).join("\n")}\n`;
}

/** A folder that goes away. */
export interface Folder extends Disposable {
  readonly path: string;
  at(name: string): string;
  write(name: string, text: string): string;
}

export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "stint-intake-"));
  const at = (name: string): string => join(path, name);
  return {
    path,
    at,
    write: (name, text) => {
      writeFileSync(at(name), text);
      return at(name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Waits for a condition. */
export async function until(isMet: () => boolean): Promise<void> {
  const limit = deadline();
  while (!isMet()) {
    if (limit.isOver()) throw new Error("it did not happen in time");
    await Bun.sleep(5);
  }
}
