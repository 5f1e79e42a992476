import { basename, dirname, extname, resolve } from "node:path";
import type { Defaults, SubmissionContext } from "../intake/candidate.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { fieldNamed } from "../intake/key-names.ts";
import { type Form, formOf } from "../intake/recognize/form.ts";
import { readSubmission } from "../intake/submission.ts";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { nameFrom } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import type { Context } from "./context.ts";
import { usageOf } from "./flag-faults.ts";
import { readNamedText } from "./named-text.ts";
import { isScript, queueScript } from "./script-line.ts";

/** A task file, and the context of its values. */
interface Named extends Pick<SubmissionContext, "defaultCwd" | "home" | "nowMs"> {
  /** Its path, or `-` for stdin. */
  readonly file: string;
  readonly defaults?: Defaults | undefined;
  /** A sweep that flags set; it overrides that of the file. */
  readonly sweep?: readonly Entry[] | undefined;
  /** Checks files that are no tasks too; without it, such a file is refused. */
  readonly checks?: Checks | undefined;
}

/** Reads the text of a file that is no task; returns its drafts, or its faults as text. */
type FileCheck = (text: string, file: string) => Result<Draft[], Problem>;

/** How files are checked that are no tasks. */
export interface Checks {
  /** What all files are, whatever they seem. */
  readonly as?: Form | undefined;
  readonly schedule: FileCheck;
  readonly config: FileCheck;
}

/** Reads the drafts of one file, or its faults as text. */
export function readDraftsOf(
  context: Context,
  { file, defaultCwd, home, nowMs, defaults, sweep, checks }: Named,
): Result<{ drafts: Draft[]; faults: string[] }, Problem> {
  const text = readNamedText(context, file);
  if (!text.ok) return err(withHint(text.error, file));
  if (isScript(file, text.value)) return err(aScript(file));
  const shown = file === "-" ? "stdin" : file;
  const form = checks === undefined ? "task" : (checks.as ?? formOf(text.value, file));
  if (checks !== undefined && form !== "task") return checkedBy(checks[form](text.value, shown));
  const read = readSubmission(text.value, {
    defaultCwd,
    home,
    nowMs,
    file: shown,
    defaultName: nameFrom(basename(shown, extname(shown))),
    dataFolder: file === "-" ? context.cwd : dirname(resolve(context.cwd, file)),
    sweep,
    defaults,
  });
  if (read.ok) return ok({ drafts: read.value, faults: [] });
  // The value of a flag has no line in the file.
  const ofFlags = read.error.filter(({ isOfFlag }) => isOfFlag);
  if (ofFlags.length > 0) return err(usageOf(ofFlags));
  return ok({ drafts: [], faults: read.error.map(renderDiagnostic) });
}

function checkedBy(read: Result<Draft[], Problem>): Result<{ drafts: Draft[]; faults: string[] }, Problem> {
  if (read.ok) return ok({ drafts: read.value, faults: [] });
  const { faults } = read.error;
  return faults === undefined ? read : ok({ drafts: [], faults: [faults] });
}

/** A word that is no file may be meant as a command. */
function withHint(refused: Problem, file: string): Problem {
  const isFile = refused.code !== "NOT_FOUND" || /\.(ya?ml|json)$|^-$/.test(file);
  if (isFile) return refused;
  const cut = file.indexOf("=");
  if (cut > 0 && fieldNamed(file.slice(0, cut)) !== null) return { ...refused, hint: `use --set ${file}` };
  return { ...refused, hint: `to queue a command, put -- before it: stint submit -- ${file} …` };
}

function aScript(file: string): Problem {
  const message = `Cannot queue "${file}": it is a script, wanted a task file`;
  return problem("INVALID_TASK_FILE", message, queueScript(file));
}
