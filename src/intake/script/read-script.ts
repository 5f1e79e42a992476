import { basename } from "node:path";
import { err, ok, type Result } from "../../lib/result.ts";
import { shellWord } from "../../lib/shell-text.ts";
import { type Kind, MAX_SCRIPT_BYTES, type Runtime } from "../../model/kind.ts";
import { IGNORED } from "../../model/slurm.ts";
import type { Draft } from "../../model/submission.ts";
import type { SubmissionContext } from "../candidate.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import { type Fault, fault } from "../fault.ts";
import { fieldAssignments } from "../field-assignments.ts";
import { namesOfInputs, unknownInputs } from "../inputs/resolve.ts";
import { meaningOf } from "../key-names.ts";
import { shebangRuntime } from "../runtime.ts";
import { documentDrafts } from "../submission.ts";
import { isSweepKey } from "../sweep/sweep.ts";
import { camelCase, type Entry, fromPlain, NOWHERE, relocated, type Span, type Value } from "../value.ts";
import { type GivenOption, merged, optionsIn, valueFaults } from "./given.ts";
import { directivesOf } from "./header.ts";
import { runtimeOfName } from "./is-script.ts";
import { meaningsOf, type OptionKey } from "./meanings.ts";
import { stintEntries } from "./stint-lines.ts";

/** The origin of a script. */
export interface ScriptContext extends SubmissionContext {
  /** The name of its task, from that of the file; absent for stdin. */
  readonly name?: string;
  /** The words after `--`. */
  readonly args?: readonly string[];
  /** Options of sbatch from the command line, which win over the script's own; their values are valid. */
  readonly options?: readonly GivenOption[];
  /** Where Python finds the modules beside the script, which runs as a copy: the value of PYTHONPATH. */
  readonly importPath?: string;
}

/**
 * Reads a script as sbatch does: the body is kept in the task, so that a later edit of the file changes nothing, and its directives set keys
 * of the task. Of one key the command line wins, then `#STINT`, then `#SBATCH`. Returns a draft, or one for each member of its array, or all
 * faults.
 */
export function readScript(text: string, context: ScriptContext): Result<Draft[], Diagnostic[]> {
  const { file } = context;
  const read = scriptDrafts(text, context);
  return read.ok ? read : err(diagnose({ file, text }, read.error));
}

function scriptDrafts(text: string, context: ScriptContext): Result<Draft[], Fault[]> {
  const unfit = unfitness(text, context);
  if (unfit !== null) return err([unfit]);
  const directives = directivesOf(text);
  const own = directives.filter(({ isLate }) => !isLate);
  const ofSlurm = own.filter(({ word }) => word === "SBATCH");
  const written = optionsIn(ofSlurm);
  const stint = stintEntries(
    text,
    own.filter(({ word }) => word === "STINT"),
  );
  const given = merged(written.given, context.options ?? []);
  const { settings, ignored } = meaningsOf(given);
  const faults = [...written.faults, ...valueFaults(given.values()), ...(stint.ok ? [] : stint.error)];
  if (faults.length > 0 || !stint.ok) return err(faults);
  const isBatch = ofSlurm.length > 0;
  const entries = [
    ...bodyEntries(text, context),
    ...(isBatch ? plainEntries({ "slurm.submitDir": context.defaultCwd }) : []),
    ...withoutDoubles(named(settings, { isBatch, context }), stint.value),
  ];
  const span = { start: 0, end: 1 };
  const document: Value = { type: "mapping", entries, path: "", span };
  const unknown = unknownInputs(context.inputs ?? [], namesOfInputs(entries));
  const drafts = documentDrafts(document, { context, text });
  if (!drafts.ok || unknown.length > 0) return err([...unknown, ...(drafts.ok ? [] : drafts.error)]);
  const late = directives.flatMap(({ isLate, line, word }) =>
    isLate ? [`#${word} in line ${line}, below the first command`] : [],
  );
  return ok(completed(drafts.value, { isBatch, ignored: [...ignored, ...late], context }));
}

function unfitness(text: string, { file }: ScriptContext): Fault | null {
  const start = { start: 0, end: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_SCRIPT_BYTES) {
    const message = `the script has ${bytes} bytes, wanted at most ${MAX_SCRIPT_BYTES}, as the task keeps it`;
    return fault(start, message, asCommand(file));
  }
  if (text.includes("\0"))
    return fault(start, "the file is a program, wanted the text of a script", asCommand(file));
  if (text.trim() === "") return fault(start, "the script is empty, wanted a command");
  const cr = text.indexOf("\r\n");
  if (cr === -1 || runtimeOf(text, file) === "python") return null;
  const hint = `remove them: sed -i 's/\\r$//' ${shellWord(file)}`;
  return fault({ start: cr, end: cr + 1 }, "the script has the line ends of DOS, which no shell reads", hint);
}

function asCommand(file: string): string {
  return `to run it where it is: stint submit -- ${shellWord(file.includes("/") ? file : `./${file}`)}`;
}

function runtimeOf(text: string, file: string): ReturnType<typeof runtimeOfName> {
  return shebangRuntime(text) ?? runtimeOfName(file);
}

/** Keys that stand in no line of the script; the body is its first character, for messages. */
function bodyEntries(text: string, { file, args = [] }: ScriptContext): Entry[] {
  // The body is no template: what looks like a placeholder in it is left as it is.
  const script = text.replaceAll("${{", () => "$${{");
  return plainEntries({
    script,
    ...(shebangRuntime(text) === null && { runtime: runtimeOfName(file) }),
    ...(args.length > 0 && { args }),
  });
}

function plainEntries(keys: Readonly<Record<string, unknown>>, span: Span = { start: 0, end: 1 }): Entry[] {
  return Object.entries(keys).map(([key, data]) => entryOf(key, data, { path: key, span }));
}

function entryOf(
  key: string,
  data: unknown,
  { path, span }: { readonly path: string; readonly span: Span },
): Entry {
  return { key, span, value: relocated(fromPlain(data, path), (place) => ({ path: place.path, span })) };
}

/** The entries of the options, with a name for the task and, of an sbatch script, a number of tasks. */
function named(
  settings: readonly OptionKey[],
  { isBatch, context: { name } }: { readonly isBatch: boolean; readonly context: ScriptContext },
): Entry[] {
  const has = (key: string): boolean => settings.some((one) => one.key === key);
  const entries = settings.map(({ key, data, of }) => entryOf(key, data, { path: of.flag, span: of.span }));
  return [
    ...(has("name") || name === undefined ? [] : plainEntries({ name })),
    ...(has("slurm.tasks") || !isBatch ? [] : plainEntries({ "slurm.tasks": 1 })),
    ...entries,
  ];
}

/** Leaves out what `#STINT` sets too; an option of the command line takes the place of its key there. */
function withoutDoubles(options: readonly Entry[], stint: readonly Entry[]): Entry[] {
  const typed = new Set(options.filter(({ span }) => span === NOWHERE).map(({ key }) => key));
  const kept = stint.filter((entry) => !typed.has(keyOf(entry)));
  const { given } = fieldAssignments(kept.filter((entry) => !isSweepKey(entry)));
  const written = new Set([...given.map(({ key }) => key), ...kept.filter(isSweepKey).map(keyOf)]);
  return [...options.filter((entry) => entry.span === NOWHERE || !written.has(entry.key)), ...kept];
}

function keyOf({ key }: Entry): string {
  const meaning = meaningOf(key);
  return "key" in meaning ? meaning.key : camelCase(key);
}

/** True for the program itself, in a virtual environment too, and as the word of env(1). */
function runsPython(runtime: Runtime): boolean {
  const words = typeof runtime === "string" ? [runtime] : [runtime.command, runtime.flag ?? ""];
  return words.some((word) => /(?:^|\/)python[\d.]*$/.test(word));
}

/** Adds what depends on all members, or stands in no key. */
function completed(
  drafts: readonly Draft[],
  {
    isBatch,
    ignored,
    context: { file, name, importPath },
  }: {
    readonly isBatch: boolean;
    readonly ignored: readonly string[];
    readonly context: ScriptContext;
  },
): Draft[] {
  const numbers = drafts.map(({ group }) => Number(group?.values["index"] ?? Number.NaN));
  const isArray = isBatch && drafts.some(({ group }) => group?.values["index"] !== undefined);
  const bounds = isArray && {
    SLURM_ARRAY_TASK_MIN: String(numbers.reduce((least, one) => Math.min(least, one))),
    SLURM_ARRAY_TASK_MAX: String(numbers.reduce((most, one) => Math.max(most, one))),
  };
  return drafts.map((draft) => {
    const { kind } = draft.spec;
    const { mode } = kind;
    const isPython = kind.type === "subprocess" && mode.type === "script" && runsPython(mode.runtime);
    const env = {
      ...(isPython && importPath !== undefined && { PYTHONPATH: importPath }),
      ...bounds,
      ...kind.env,
    };
    return {
      ...draft,
      annotations: { ...draft.annotations, ...(ignored.length > 0 && { [IGNORED]: ignored.join(", ") }) },
      spec: {
        ...draft.spec,
        kind: withFile({ ...kind, env }, name === undefined ? undefined : basename(file)),
      },
    };
  });
}

/** A text from stdin has no file. */
function withFile(kind: Kind, file: string | undefined): Kind {
  const { mode } = kind;
  return file === undefined || mode.type !== "script" ? kind : { ...kind, mode: { ...mode, file } };
}
