import type { SubmissionContext } from "../intake/candidate.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Draft } from "../model/submission.ts";
import { usage } from "./command-line/usage.ts";
import type { Context } from "./context.ts";
import { besideCommand, type FileDrafts, readDraftsOf } from "./draft-file.ts";
import type { Wanted } from "./drafts.ts";
import { placeOf, withDashes } from "./meant-line.ts";

type Around = Pick<SubmissionContext, "defaultCwd" | "home" | "nowMs">;

interface FilesRead {
  readonly drafts: Draft[];
  readonly faults: string[];
  /** The drafts of scripts among them. */
  readonly scripts: ReadonlySet<Draft>;
}

/** Reads the files of a command line, with the words after `--` as arguments of a script. */
export function readNamedFiles(context: Context, wanted: Wanted, around: Around): Result<FilesRead, Problem> {
  const { files, words } = wanted;
  const drafts: Draft[] = [];
  const faults: string[] = [];
  const scripts = new Set<Draft>();
  let before: { readonly file: string; readonly kind: FileDrafts["kind"] } | null = null;
  if (words !== null && files.length > 1) return err(besideCommand(files[0] ?? ""));
  const { definition } = wanted;
  // The text of a file that names it alone.
  const text = definition === undefined ? undefined : JSON.stringify({ definition });
  for (const file of definition === undefined ? files : [definition]) {
    const read = readDraftsOf(context, { ...around, ...wanted, file, text });
    if (before !== null && wanted.isCheck !== true && mayBeArgument(read, before.kind))
      return err(argumentOf(context, before.file, file));
    if (!read.ok) return read;
    if (read.value.kind !== "tasks") before = { file, kind: read.value.kind };
    for (const draft of read.value.drafts) {
      drafts.push(draft);
      if (read.value.kind !== "tasks") scripts.add(draft);
    }
    faults.push(...read.value.faults);
  }
  return ok({ drafts, faults, scripts });
}

/** True for what sbatch would pass to the script before it: a word that is no file, or a script of another kind. */
function mayBeArgument(read: Result<FileDrafts, Problem>, before: FileDrafts["kind"]): boolean {
  return read.ok ? read.value.kind === "script" && before === "sbatch" : read.error.code === "NOT_FOUND";
}

function argumentOf({ arguments: typed }: Context, script: string, word: string): Problem {
  const start = placeOf(script, typed);
  const place = start + 1 + placeOf(word, ["", ...typed.slice(start + 1)]) - 1;
  return usage(
    `"${word}" after "${script}" may be an argument of the script, or another task`,
    `its arguments follow --: ${withDashes(typed, place)}   another task: submit it alone`,
  );
}
