import { err, ok, type Result } from "../lib/result.ts";
import type { Draft } from "../model/submission.ts";
import type { SubmissionContext } from "./candidate.ts";
import { withDefinition } from "./definition.ts";
import { type Diagnostic, MAX_DIAGNOSTICS } from "./diagnostic.ts";
import { type Fault, fault } from "./fault.ts";
import { namesOfInputs, unknownInputs } from "./inputs/resolve.ts";
import { SWEEP_LIMITS } from "./keys/sweep.ts";
import { isLongForm, readLongForm } from "./long-form.ts";
import { orRecognized } from "./recognize/recognize.ts";
import { draftsOf } from "./sweep/expand.ts";
import { Room } from "./sweep/room.ts";
import { isSweepKey } from "./sweep/sweep.ts";
import { camelCase, describe, type Entry, type Value } from "./value.ts";
import { readFileText } from "./yaml-text.ts";

/** Reads a task file: a draft for each document, or one for each member of its sweep, or all faults of all documents. */
export function readSubmission(fileText: string, context: SubmissionContext): Result<Draft[], Diagnostic[]> {
  return orRecognized(readDrafts(fileText, context), { file: context.file, text: fileText }, "task");
}

function readDrafts(fileText: string, context: SubmissionContext): Result<Draft[], Diagnostic[]> {
  return readFileText({ file: context.file, text: fileText }, (documents, text) => {
    const faults = [...documents.faults];
    const drafts: Draft[] = [];
    const room = new Room();
    const known = new Set<string>();
    for (const document of documents.values) {
      // Suggestions for unknown keys are slow: stops once there are more faults than are reported.
      if (faults.length > MAX_DIAGNOSTICS) break;
      if (document.type === "mapping") {
        const defined = withDefinition(document, context);
        const { entries } = defined?.ok === true ? defined.value.document : document;
        for (const name of namesOfInputs(entries)) known.add(name);
      }
      const read = documentDrafts(document, { context, text, room });
      // No spread into the arguments of a call: a sweep may have more members than the stack has room for.
      if (read.ok) for (const draft of read.value) drafts.push(draft);
      else faults.push(...read.error);
    }
    faults.push(...unknownInputs(context.inputs ?? [], [...known]));
    if (faults.length === 0 && drafts.length === 0) {
      const message = "the file contains no task, wanted at least one mapping";
      faults.push(fault({ start: 0, end: 1 }, message, "write run: COMMAND"));
    }
    return faults.length > 0 ? err(faults) : ok(drafts);
  });
}

interface Reading {
  readonly context: SubmissionContext;
  readonly text: string;
  readonly room?: Room;
}

/** Reads one document of a task file; its spans are offsets in `text`. */
export function documentDrafts(document: Value, { context, text, room }: Reading): Result<Draft[], Fault[]> {
  if (document.type !== "mapping") {
    const hint =
      document.type === "list"
        ? "write several tasks one after the other, with --- between them"
        : "write run: COMMAND";
    const message = `the document is ${describe(document)}, wanted a mapping with the fields of a task`;
    return err([{ ...fault(document.span, message, hint), mayBeSlip: true }]);
  }
  const defined = withDefinition(document, context);
  if (defined !== null) {
    if (!defined.ok) return defined;
    const { mark, ...of } = defined.value;
    const drafts = documentDrafts(of.document, {
      context: of.context,
      text,
      ...(room !== undefined && { room }),
    });
    return drafts.ok ? ok(drafts.value.map((draft) => ({ ...draft, definition: mark }))) : drafts;
  }
  if (isLongForm(document)) {
    const draft = readLongForm(document, context);
    return draft.ok ? ok([draft.value]) : draft;
  }
  const { sweep = [] } = context;
  const written = sweep.length === 0 ? document.entries : withSweep(document.entries, sweep);
  return draftsOf({
    entries: written,
    context,
    text,
    span: document.entries[0]?.span ?? document.span,
    ...(room !== undefined && { room }),
  });
}

/** Flags for the values of a sweep replace all those of the file; a limit replaces the same limit. */
function withSweep(written: readonly Entry[], flags: readonly Entry[]): Entry[] {
  const isLimit = ({ key }: Entry): boolean => Object.hasOwn(SWEEP_LIMITS, camelCase(key));
  const setsSweep = flags.some((flag) => !isLimit(flag));
  const kept = written.filter(
    (entry) =>
      !isSweepKey(entry) ||
      (!(setsSweep && !isLimit(entry)) && !flags.some(({ key }) => key === camelCase(entry.key))),
  );
  return [...kept, ...flags];
}
