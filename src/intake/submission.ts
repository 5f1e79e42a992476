import { err, ok, type Result } from "../lib/result.ts";
import type { Draft } from "../model/submission.ts";
import { newCandidate, type SubmissionContext } from "./candidate.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import { type Fault, fault } from "./fault.ts";
import { makeDraft } from "./finish.ts";
import { givenFields } from "./given.ts";
import { isLongForm, readLongForm } from "./long-form.ts";
import { describe, type Value } from "./value.ts";
import { readYaml } from "./yaml-text.ts";

/** Reads a task file: a draft for each document, or all faults of all documents. */
export function readSubmission(fileText: string, context: SubmissionContext): Result<Draft[], Diagnostic[]> {
  const text = fileText.replace(/^\uFEFF/, "");
  const source = { file: context.file, text };
  const documents = readYaml(text);
  if (!documents.ok) return err(diagnose(source, documents.error));
  const faults = [...documents.value.faults];
  const drafts: Draft[] = [];
  for (const document of documents.value.values) {
    const draft = readDocument(document, context);
    if (draft.ok) drafts.push(draft.value);
    else faults.push(...draft.error);
  }
  if (faults.length === 0 && drafts.length === 0) {
    faults.push(
      fault(
        { start: 0, end: 1 },
        "the file holds no task, wanted at least one mapping",
        "write run: COMMAND",
      ),
    );
  }
  return faults.length > 0 ? err(diagnose(source, faults)) : ok(drafts);
}

function readDocument(document: Value, context: SubmissionContext): Result<Draft, Fault[]> {
  if (document.type !== "mapping") {
    const hint =
      document.type === "list"
        ? "write several tasks one after the other, with --- between them"
        : "write run: COMMAND";
    return err([
      fault(
        document.span,
        `the document is ${describe(document)}, wanted a mapping with the fields of a task`,
        hint,
      ),
    ]);
  }
  if (isLongForm(document)) return readLongForm(document, context);
  const { given, faults } = givenFields(document.entries);
  const candidate = newCandidate(context);
  const draft = makeDraft({ candidate, given, context, span: document.entries[0]?.span ?? document.span });
  if (faults.length === 0) return draft;
  return err([...faults, ...(draft.ok ? [] : draft.error)]);
}
