import type { Result } from "../../lib/result.ts";
import type { Draft } from "../../model/submission.ts";
import type { SubmissionContext } from "../candidate.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { readSubmission } from "../submission.ts";
import { isScript } from "./is-script.ts";
import { readScript } from "./read-script.ts";

/** Reads a file without arguments and flags: tasks, or a script with the default name of its task. */
export function readTaskOrScript(text: string, context: SubmissionContext): Result<Draft[], Diagnostic[]> {
  return isScript(context.file, text)
    ? readScript(text, { ...context, name: context.defaultName })
    : readSubmission(text, context);
}
