import { existsSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { homePath } from "../desk/home.ts";
import type { Defaults, SubmissionContext } from "../intake/candidate.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { fieldNamed } from "../intake/key-names.ts";
import { type Form, formOf } from "../intake/recognize/form.ts";
import type { GivenOption } from "../intake/script/given.ts";
import { isBatchScript, isScript } from "../intake/script/is-script.ts";
import { readScript } from "../intake/script/read-script.ts";
import { readSubmission } from "../intake/submission.ts";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { shellWord } from "../lib/shell-text.ts";
import { type Problem, problem } from "../model/errors.ts";
import { nameFrom } from "../model/identity.ts";
import { isScriptName } from "../model/script-name.ts";
import type { Draft } from "../model/submission.ts";
import { shellOf } from "../run/script.ts";
import { definitionReader } from "../store/definitions.ts";
import { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { usageOf } from "./flag-faults.ts";
import { inShell, placeOf, withDashes } from "./meant-line.ts";
import { readNamedText } from "./named-text.ts";

/** A task file, and the context of its values. */
interface Named extends Pick<SubmissionContext, "defaultCwd" | "home" | "nowMs"> {
  /** Its path, or `-` for stdin. */
  readonly file: string;
  /** Its text, where it is no file. */
  readonly text?: string | undefined;
  readonly defaults?: Defaults | undefined;
  /** A sweep that flags set; it overrides that of the file. */
  readonly sweep?: readonly Entry[] | undefined;
  /** Inputs that flags set. */
  readonly inputs?: readonly Entry[] | undefined;
  /** True where nothing is queued. */
  readonly isCheck?: boolean | undefined;
  /** Checks files that are no tasks too; without it, such a file is refused. */
  readonly checks?: Checks | undefined;
  /** The words after `--`, which are for a script; null without. */
  readonly words: readonly string[] | null;
  /** Options of sbatch that flags set; they override those of a script. */
  readonly options: readonly GivenOption[];
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

/** The drafts of one file, or its faults as text. */
export interface FileDrafts {
  readonly drafts: Draft[];
  readonly faults: string[];
  /** What the file is. */
  readonly kind: "tasks" | "script" | "sbatch";
}

/** Reads the drafts of one file. */
export function readDraftsOf(context: Context, of: Named): Result<FileDrafts, Problem> {
  const { file, words, options, defaultCwd, home, nowMs, defaults, sweep, inputs, checks } = of;
  const text = of.text === undefined ? readNamedText(context, file) : ok(of.text);
  if (!text.ok) return err(checks === undefined ? withHint(context, text.error, file) : text.error);
  const kind =
    checks?.as !== undefined || !isScript(file, text.value)
      ? "tasks"
      : isBatchScript(text.value)
        ? "sbatch"
        : "script";
  if (kind === "tasks" && words !== null) return err(besideCommand(file));
  const shown = file === "-" ? "stdin" : file;
  const form = checks === undefined ? "task" : (checks.as ?? formOf(text.value, file));
  if (kind === "tasks" && checks !== undefined && form !== "task")
    return checkedBy(checks[form](text.value, shown));
  const name = nameFrom(basename(shown, extname(shown)));
  const folder = file === "-" ? context.cwd : dirname(resolve(context.cwd, file));
  const around = {
    defaultCwd,
    home,
    nowMs,
    file: shown,
    defaultName: name,
    dataFolder: folder,
    sweep,
    inputs,
    areInputsOpen: of.isCheck,
    definition: definitionReader(new Layout(homePath(context))),
    defaults,
  };
  const read =
    kind === "tasks"
      ? readSubmission(text.value, around)
      : readScript(text.value, {
          ...around,
          ...(file !== "-" && { name }),
          args: words ?? [],
          options,
          importPath: [folder, context.env["PYTHONPATH"] ?? ""].filter((one) => one !== "").join(":"),
        });
  if (read.ok) return ok({ drafts: read.value, faults: [], kind });
  // The value of a flag has no line in the file.
  const ofFlags = read.error.filter(({ isOfFlag }) => isOfFlag);
  if (ofFlags.length > 0) return err(usageOf(ofFlags));
  return ok({ drafts: [], faults: read.error.map(renderDiagnostic), kind });
}

function checkedBy(read: Result<Draft[], Problem>): Result<FileDrafts, Problem> {
  const kind = "tasks";
  if (read.ok) return ok({ drafts: read.value, faults: [], kind });
  const { faults } = read.error;
  return faults === undefined ? read : ok({ drafts: [], faults: [faults], kind });
}

/** A word that is no file may be meant as a command to queue. */
function withHint(context: Context, refused: Problem, file: string): Problem {
  const isLine = /\s/.test(file.trim());
  const isFile = /\.(ya?ml|json)$|^-$/.test(file) || (isScriptName(file) && !isLine);
  if (refused.code !== "NOT_FOUND" || isFile) return refused;
  const cut = file.indexOf("=");
  if (cut > 0 && fieldNamed(file.slice(0, cut)) !== null) return { ...refused, hint: `use --set ${file}` };
  const place = placeOf(file, context.arguments);
  const rest = context.arguments.slice(place + 1);
  const before = context.arguments.slice(0, place);
  if (/^\d+$/.test(file))
    return {
      ...refused,
      hint: `to let a held task start: stint release ${file}; to queue it again: stint retry ${file}`,
    };
  const detached = before[0] === "run" ? before.indexOf("-d") : -1;
  if (detached > 0) {
    const line = inShell(context.arguments.slice(detached + 1).filter((word) => word !== "--"));
    return { ...refused, hint: `to queue it, and not wait: stint submit -- ${line}` };
  }
  if (!isLine)
    return {
      ...refused,
      hint: `to queue a command, put -- before it: ${withDashes([...before, file, ...rest], before.length)}`,
    };
  const words = file.trim().split(/\s+/);
  const [first = ""] = words;
  const isOfScript = isScriptName(first) && existsSync(resolve(context.cwd, first));
  const isPlain = words.every((word) => shellWord(word) === word);
  const line = isPlain ? words : [shellOf(context.env), "-c", file];
  return {
    ...refused,
    hint: `to queue this line: ${withDashes([...before, ...line, ...rest], before.length + (isPlain && isOfScript ? 1 : 0))}`,
  };
}

/** Words after `--` are arguments of one script, or a command. */
export function besideCommand(file: string): Problem {
  return problem("USAGE", `Cannot queue "${file}" and a command together: wanted files or -- COMMAND`);
}
