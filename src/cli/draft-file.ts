import { basename, dirname, extname, resolve } from "node:path";
import { refuseFolder } from "../desk/not-utf8.ts";
import type { Defaults, SubmissionContext } from "../intake/candidate.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { readSubmission } from "../intake/submission.ts";
import { decodeTaskText, MAX_TEXT_BYTES, readNamedFile } from "../intake/task-text.ts";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { nameFrom } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import type { Context } from "./context.ts";
import { usageOf } from "./flag-faults.ts";

/** A task file, and the context of its values. */
interface Named extends Pick<SubmissionContext, "defaultCwd" | "home" | "nowMs"> {
  /** Its path, or `-` for stdin. */
  readonly file: string;
  readonly defaults?: Defaults | undefined;
  /** A sweep that flags set; it overrides that of the file. */
  readonly sweep?: readonly Entry[];
}

/** Reads the drafts of one file, or its faults as text. */
export function readDraftsOf(
  context: Context,
  { file, defaultCwd, home, nowMs, defaults, sweep }: Named,
): Result<{ drafts: Draft[]; faults: string[] }, Problem> {
  const text = readText(context, file);
  if (!text.ok) return text;
  const shown = file === "-" ? "stdin" : file;
  const read = readSubmission(text.value, {
    defaultCwd,
    home,
    nowMs,
    file: shown,
    defaultName: nameFrom(basename(shown, extname(shown))),
    dataFolder: file === "-" ? context.cwd : dirname(resolve(context.cwd, file)),
    ...(sweep !== undefined && { sweep }),
    ...(defaults !== undefined && { defaults }),
  });
  if (read.ok) return ok({ drafts: read.value, faults: [] });
  // The value of a flag has no line in the file.
  const ofFlags = read.error.filter(({ isOfFlag }) => isOfFlag);
  if (ofFlags.length > 0) return err(usageOf(ofFlags));
  return ok({ drafts: [], faults: read.error.map(renderDiagnostic) });
}

/** Reads a file or stdin; the problem says why it is no text of a task file. */
function readText(context: Context, file: string): Result<string, Problem> {
  try {
    const text =
      file === "-"
        ? decodeTaskText(context.readInput(MAX_TEXT_BYTES))
        : readNamedFile(resolve(context.cwd, file));
    return text.ok ? text : err(problem("INVALID_TASK_FILE", `Cannot read "${file}": ${text.error}`));
  } catch (error) {
    const misnamed = refuseFolder(context);
    if (misnamed !== null) return err(misnamed);
    const said = error instanceof Error ? error.message : String(error);
    const hint = file === "-" ? undefined : `to queue a command, put -- before it: stint submit -- ${file} …`;
    return err(problem("NOT_FOUND", `Cannot read "${file}": ${said}`, hint));
  }
}
