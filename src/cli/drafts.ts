import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Defaults, SubmissionContext } from "../intake/candidate.ts";
import { called } from "../intake/fault.ts";
import { draftsFromFlags, overrideFields, type TypedKey } from "../intake/fields-typed.ts";
import { meaningOf } from "../intake/key-names.ts";
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
import type { FlagFields } from "./task-flags.ts";

/** What a command line asks to queue: files or a command, never both. */
export interface Wanted {
  readonly files: readonly string[];
  readonly words: readonly string[] | null;
  /** Task keys that flags set; they override those of a file. */
  readonly fields: FlagFields;
  /** Defaults of the home for all its tasks. */
  readonly defaults?: Defaults | undefined;
  /** A sweep that flags set; it overrides that of a file. */
  readonly sweep?: readonly Entry[];
  /** True where nothing is to be queued, only checked. */
  readonly isCheck?: boolean;
  /** Checks files that are no tasks too; without it, they are refused. */
  readonly checks?: Checks;
}

/** Reads all that a command line names into drafts; reports every fault of every file at once. */
export async function readDrafts(context: Context, wanted: Wanted): Promise<Result<Draft[], Problem>> {
  const { files, words, fields } = wanted;
  if (words !== null && files.length > 0) {
    return err(
      problem("USAGE", `Cannot queue "${files[0]}" and a command together: wanted files or -- COMMAND`),
    );
  }
  if (words !== null) return draftOfCommand(context, wanted, words);
  if (files.length === 0) {
    return err(
      problem(
        "USAGE",
        "Cannot queue: nothing given, wanted a task file (- for stdin) or -- COMMAND",
        "stint submit job.yaml   or   stint submit -- echo hello",
      ),
    );
  }
  // A command after -- does not need the YAML reader.
  const { readDraftsOf } = await import("./draft-file.ts");
  const drafts: Draft[] = [];
  const faults: string[] = [];
  for (const file of files) {
    const read = readDraftsOf(context, { ...defaultsOf(context), ...wanted, file });
    if (!read.ok) return read;
    for (const draft of read.value.drafts) drafts.push(draft);
    faults.push(...read.value.faults);
  }
  if (faults.length > 0) {
    const [only = ""] = files;
    const many = counted(faults.length, "fault");
    const count = counted(files.length, "file");
    const message =
      wanted.isCheck === true
        ? `${files.length === 1 ? only : count}: ${many}`
        : `Cannot queue ${files.length === 1 ? `"${only}"` : count}: nothing was queued, ${many}`;
    return err({ ...problem("INVALID_TASK_FILE", message), faults: faults.join("\n\n") });
  }
  return overlay(context, { drafts, fields, defaults: wanted.defaults });
}

async function draftOfCommand(
  context: Context,
  { fields, defaults, sweep }: Wanted,
  words: readonly string[],
): Promise<Result<Draft[], Problem>> {
  if (words.length === 0) return err(problem("USAGE", "Cannot queue a command: there is none after --"));
  const line = shellLineIn(context, words);
  if (line !== null) {
    const hint = `for a shell line: -- ${shellOf(context.env)} -c '${line.replaceAll("'", `'\\''`)}'`;
    const message = `Cannot queue "${line}": it is a single word, wanted a program and its arguments`;
    return err(problem("USAGE", message, hint));
  }
  const drafts = await draftsFromFlags([...fields, ["command", words]], {
    ...fieldContext(context),
    defaults,
    sweep,
  });
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
  { drafts, fields, defaults }: { drafts: Draft[] } & Pick<Wanted, "fields" | "defaults">,
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
    const edited = pairs.length === 0 ? ok(draft) : await overrideFields(draft, pairs, around);
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
