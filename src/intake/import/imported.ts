import { Scalar, stringify } from "yaml";
import type { Result } from "../../lib/result.ts";
import { unexpanded } from "../../model/expansion.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { ScheduleContext } from "../schedule.ts";

/** Who imports, and from where. */
export interface ImportContext {
  /** The name of the text in messages. */
  readonly file: string;
  readonly userName: string;
  readonly userHome: string;
  readonly nowMs: number;
  /** The time zone of the machine. */
  readonly timeZone: string;
  readonly cronFault: ScheduleContext["cronFault"];
}

/** A file that an import makes. */
export interface ImportedFile {
  /** A schedule goes into the home; a task file into the current folder, to be submitted by hand. */
  readonly type: "schedule" | "tasks";
  /** Of the file, without its ending; one name for each file of an import. */
  readonly name: string;
  /** YAML. */
  readonly text: string;
  /** The line that it comes from, 1-based; null where the source is no text of lines. */
  readonly line: number | null;
  /** What the person should know of this one. */
  readonly notes: readonly string[];
}

/** A part of the source that no file stands for, and what to do instead. */
export interface LeftOut {
  /** 1-based; null where the source is no text of lines. */
  readonly line: number | null;
  readonly what: string;
}

/** What a text of another tool becomes. */
export interface Imported {
  readonly files: readonly ImportedFile[];
  readonly leftOut: readonly LeftOut[];
  /** What all of them do otherwise than under the other tool. */
  readonly differences: readonly string[];
  /** What to do with the source once the files are written. */
  readonly afterwards: string;
}

/** Reads a text of another tool, or returns all that has no counterpart here. */
export type ImportReader = (text: string, context: ImportContext) => Result<Imported, Diagnostic[]>;

/** A YAML text after comments, a line each; keys that are undefined are left out. */
export function yamlFile(comments: readonly string[], keys: Readonly<Record<string, unknown>>): string {
  const head = comments.map((line) => `# ${line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")}`.trimEnd());
  return [...head, stringify(keys, { lineWidth: 0, aliasDuplicateObjects: false })].join("\n");
}

/** The text of a task file: comments, and a document for each task. */
export function tasksFile(
  comments: readonly string[],
  tasks: readonly Readonly<Record<string, unknown>>[],
): string {
  return tasks.map((keys, index) => yamlFile(index === 0 ? comments : [], keys)).join("---\n");
}

/** The name, or with a number where another file has it already. */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number += 1) unique = `${name}-${number}`;
  taken.add(unique);
  return unique;
}

/** Variables as a task file has them where nothing in their values is to be expanded. */
export function verbatim(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, unexpanded(name, value)]));
}

/** A text that is always written in quotes: as people write it by hand. */
export function inQuotes(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}
