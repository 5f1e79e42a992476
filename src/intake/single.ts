import { err, ok, type Result } from "../lib/result.ts";
import type { Draft } from "../model/submission.ts";
import { newCandidate, type SubmissionContext } from "./candidate.ts";
import type { Fault } from "./fault.ts";
import type { FieldAssignment } from "./field-assignments.ts";
import { makeDraft } from "./finish.ts";
import type { Span } from "./value.ts";

/** Makes the draft of fields without a sweep. */
export function singleDraft(
  { given, faults }: { readonly given: readonly FieldAssignment[]; readonly faults: readonly Fault[] },
  { context, span }: { readonly context: SubmissionContext; readonly span: Span },
): Result<Draft[], Fault[]> {
  const draft = makeDraft({ candidate: newCandidate(context), given, context, span });
  const all = [...faults, ...(draft.ok ? [] : draft.error)];
  return draft.ok && all.length === 0 ? ok([draft.value]) : err(all);
}
