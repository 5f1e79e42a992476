import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Defaults, SubmissionContext } from "../intake/candidate.ts";
import { called } from "../intake/fault.ts";
import { draftsFromFlags, inputsIn, isInput, overrideFields, type TypedKey } from "../intake/fields-typed.ts";
import { meaningOf } from "../intake/key-names.ts";
import type { GivenOption } from "../intake/script/given.ts";
import type { Entry } from "../intake/value.ts";
import { counted } from "../lib/counted.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { MAX_NAME_LENGTH, NAME_PATTERN, nameFrom } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import { shellOf } from "../run/script.ts";
import { usage } from "./command-line/usage.ts";
import type { Context } from "./context.ts";
import type { Checks } from "./draft-file.ts";
import { usageOf } from "./flag-faults.ts";
import { tellOfIgnored } from "./ignored-options.ts";
import type { FlagFields } from "./task-flags.ts";

/** What a command line asks to queue: files or a command, or one script and its arguments. */
export interface Wanted {
  readonly files: readonly string[];
  /** A definition in place of files: `train@3`. */
  readonly definition?: string | undefined;
  readonly words: readonly string[] | null;
  /** Task keys that flags set; they override those of a file. */
  readonly fields: FlagFields;
  /** Options of sbatch among the flags, of which `fields` has the keys; a script of sbatch has others beside them. */
  readonly options: readonly GivenOption[];
  /** Defaults of the home for all its tasks. */
  readonly defaults?: Defaults | undefined;
  /** A sweep that flags set; it overrides that of a file. */
  readonly sweep?: readonly Entry[];
  /** Inputs among the fields, once they were read. */
  readonly inputs?: readonly Entry[];
  /** True where nothing is to be queued, only checked. */
  readonly isCheck?: boolean;
  /** Checks files that are no tasks too; without it, they are refused. */
  readonly checks?: Checks;
}

/** Reads all that a command line names into drafts; reports every fault of every file at once. */
export async function readDrafts(context: Context, asked: Wanted): Promise<Result<Draft[], Problem>> {
  const inputs = await inputsIn(asked.fields);
  const wanted = { ...asked, fields: asked.fields.filter((one) => !isInput(one)), inputs };
  const { files, words } = wanted;
  const wrap = wanted.fields.find(([, , flag]) => flag === "--wrap");
  if (wrap !== undefined) return draftOfLine(context, wanted);
  if (words !== null && files.length === 0) return draftOfCommand(context, wanted, words);
  if (files.length === 0 && wanted.definition === undefined) {
    return err(
      problem(
        "USAGE",
        "Cannot queue: nothing given, wanted a task file or a script (- for stdin), or -- COMMAND",
        "stint submit job.yaml   or   stint submit -- echo hello",
      ),
    );
  }
  // A command after -- does not need the YAML reader.
  const { readNamedFiles } = await import("./draft-files.ts");
  const read = readNamedFiles(context, wanted, defaultsOf(context));
  if (!read.ok) return read;
  const { drafts, faults, scripts } = read.value;
  if (faults.length > 0) {
    const only = wanted.definition ?? files[0] ?? "";
    const many = counted(faults.length, "fault");
    const count = counted(files.length, "file");
    const message =
      wanted.isCheck === true
        ? `${files.length > 1 ? count : only === "-" ? "stdin" : only}: ${many}`
        : `Cannot queue ${files.length < 2 ? `"${only}"` : count}: nothing was queued, ${many}`;
    return err({ ...problem("INVALID_TASK_FILE", message), faults: faults.join("\n\n") });
  }
  tellOfIgnored(context, wanted.options, drafts);
  // A script has read the options of sbatch beside its own.
  const ofOptions = new Set(wanted.options.map(({ flag }) => flag));
  const fields = wanted.fields.filter(([, , flag = ""]) => !ofOptions.has(flag));
  return overlay(context, {
    ...wanted,
    drafts,
    fieldsOf: (draft) => (scripts.has(draft) ? fields : wanted.fields),
  });
}

/** The task of `--wrap`, which is a job of sbatch too. */
async function draftOfLine(context: Context, wanted: Wanted): Promise<Result<Draft[], Problem>> {
  const { files, words, fields } = wanted;
  const beside = words === null ? files[0] : "a command";
  if (beside !== undefined) return err(usage(`--wrap and ${beside} cannot be combined`, "keep one of them"));
  const isSaid = fields.some(([key]) => key === "slurm.tasks");
  tellOfIgnored(context, wanted.options, []);
  return draftsOfFields(context, wanted, isSaid ? [] : [["slurm.tasks", 1]]);
}

async function draftOfCommand(
  context: Context,
  wanted: Wanted,
  words: readonly string[],
): Promise<Result<Draft[], Problem>> {
  if (words.length === 0) return err(problem("USAGE", "Cannot queue a command: there is none after --"));
  const line = shellLineIn(context, words);
  if (line !== null) {
    const hint = `for a shell line: -- ${shellOf(context.env)} -c '${line.replaceAll("'", `'\\''`)}'`;
    const message = `Cannot queue "${line}": it is a single word, wanted a program and its arguments`;
    return err(problem("USAGE", message, hint));
  }
  tellOfIgnored(context, wanted.options, []);
  return draftsOfFields(context, wanted, [["command", words]]);
}

async function draftsOfFields(
  context: Context,
  { fields, defaults, sweep, inputs }: Wanted,
  more: readonly TypedKey[],
): Promise<Result<Draft[], Problem>> {
  const around = { ...fieldContext(context), defaults, sweep, inputs };
  const drafts = await draftsFromFlags([...fields, ...more], around);
  return drafts.ok ? drafts : err(usageOf(drafts.error));
}

/** A shell line quoted as one word, as other queues accept it; null for the path of an existing program with blanks. */
function shellLineIn(context: Context, words: readonly string[]): string | null {
  const [only = ""] = words;
  const isLine = words.length === 1 && /\s/.test(only.trim()) && !existsSync(resolve(context.cwd, only));
  return isLine ? only : null;
}

/** Overrides fields of drafts with those that flags set. */
export async function overlay(
  context: Context,
  {
    drafts,
    fields,
    defaults,
    fieldsOf = () => fields,
  }: {
    readonly drafts: readonly Draft[];
    /** The fields of one draft, where they differ. */
    readonly fieldsOf?: (draft: Draft) => FlagFields;
  } & Pick<Wanted, "fields" | "defaults">,
): Promise<Result<Draft[], Problem>> {
  const names = fields.filter(([key]) => isName(key));
  const pairs = fields.filter(([key]) => !isName(key)).flatMap(pairsOf);
  const { placeholdersIn } = await import("../intake/sweep/placeholder.ts");
  const filled = pairs.find(([, value]) => placeholdersIn(value, false).length > 0);
  if (filled !== undefined) {
    const [key, value, flag] = filled;
    return err(
      usage(
        `${called({ path: flag })} is "${value}", wanted a value without placeholders, as it overrides a task file`,
        `write it into the file: ${key}: ${value}`,
      ),
    );
  }
  const [name = null, another] = names;
  const wrong = name === null ? null : nameFault(name, { drafts, another });
  if (wrong !== null) return err(wrong);
  const around = { ...fieldContext(context), defaults };
  const changed: Draft[] = [];
  for (const draft of drafts) {
    const of = fieldsOf(draft);
    const own = of === fields ? pairs : of.filter(([key]) => !isName(key)).flatMap(pairsOf);
    const edited = own.length === 0 ? ok(draft) : await overrideFields(draft, own, around);
    if (!edited.ok) return err(usageOf(edited.error));
    changed.push({ ...edited.value, ...(name !== null && named(draft, String(name[1]))) });
  }
  return ok(changed);
}

function isName(key: string): boolean {
  const meaning = meaningOf(key);
  return meaning.type === "field" && meaning.key === "name";
}

/** What is wrong with the name that flags give to drafts, or null. */
function nameFault(
  [key, data, path = key]: TypedKey,
  { drafts, another }: { readonly drafts: readonly Draft[]; readonly another: TypedKey | undefined },
): Problem | null {
  const name = String(data);
  const flag = called({ path });
  if (another !== undefined)
    return usage(`${called({ path: another[2] ?? "" })} duplicates ${flag}`, "keep one of them");
  if (drafts.length > 1 && !isOneSweep(drafts))
    return usage(`${flag} is one name for ${drafts.length} tasks, wanted one task or one sweep`);
  if (!NAME_PATTERN.test(name))
    return usage(
      `${flag} is "${name}", wanted letters, digits, . _ and -, a letter first`,
      `for instance: ${nameFrom(name)}`,
    );
  const longest = isOneSweep(drafts) ? `${name}-${drafts.length}` : name;
  if (longest.length <= MAX_NAME_LENGTH) return null;
  return usage(
    `${flag} makes the name "${longest}" of ${longest.length} characters, wanted at most ${MAX_NAME_LENGTH}`,
  );
}

function isOneSweep(drafts: readonly Draft[]): boolean {
  return drafts[0]?.group?.size === drafts.length;
}

function named({ group }: Draft, name: string): Partial<Draft> {
  return group === undefined ? { name } : { name: `${name}-${group.index}`, group: { ...group, name } };
}

type TextKey = readonly [key: string, value: string, flag: string];

/** Values of flags as text: a list is joined, and a mapping is set name by name. */
function pairsOf([key, value, flag = key]: TypedKey): TextKey[] {
  if (Array.isArray(value)) {
    // JSON is YAML too.
    const isOfTexts = value.every((item) => typeof item === "string");
    return [[key, isOfTexts ? value.join(",") : JSON.stringify(value), flag]];
  }
  if (typeof value !== "object" || value === null) return [[key, String(value), flag]];
  return Object.entries(value).map(([child, text]) => [`${key}.${child}`, String(text), `${flag}.${child}`]);
}

/** The context of values on the command line. */
export function fieldContext(context: Context): SubmissionContext {
  const defaults = { runtime: shellOf(context.env) };
  return { ...defaultsOf(context), defaults, file: "the command line", defaultName: "task" };
}

function defaultsOf(context: Context): Pick<SubmissionContext, "defaultCwd" | "home" | "nowMs"> {
  return { defaultCwd: context.cwd, home: context.userHome, nowMs: context.clock.now() };
}
