import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { readScript, type ScriptContext } from "../../src/intake/script/read-script.ts";
import type { Draft } from "../../src/model/submission.ts";
import { CONTEXT } from "./rig.ts";

/** A script that lies in a file. */
const OF_FILE: ScriptContext = { ...CONTEXT, file: "job.slurm", name: "job" };

/** The drafts of a script without faults. */
export function draftsOf(text: string, context: Partial<ScriptContext> = {}): Draft[] {
  const read = readScript(text, { ...OF_FILE, ...context });
  if (!read.ok) throw new Error(read.error.map(renderDiagnostic).join("\n"));
  return read.value;
}

/** The draft of a script of these directives, a line each, above a command. */
export function draftOf(directives: string, context: Partial<ScriptContext> = {}): Draft {
  const [draft] = draftsOf(`#!/bin/bash\n${directives}\ntrue\n`, context);
  if (draft === undefined) throw new Error("it makes no task");
  return draft;
}

/** The faults of a text as a person sees them. */
export function faultsOf(text: string): string {
  const read = readScript(text, OF_FILE);
  return read.ok ? "" : read.error.map(renderDiagnostic).join("\n");
}
