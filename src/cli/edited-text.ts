import { readTaskYaml, taskYaml } from "../intake/task-yaml.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Edit, edited } from "../model/edit.ts";
import type { Problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import type { Context } from "./context.ts";
import { fieldContext } from "./drafts.ts";

/** Begins each line that stint puts on top of the text in an editor. */
const MARK = "#|";

interface TextFault {
  /** 1-based, in the text that was read; null for the text as a whole. */
  readonly line: number | null;
  readonly message: string;
  readonly hint?: string | undefined;
}

export function editorText(context: Context, task: Task): string {
  return `${headOf(task, [], 0)}${taskYaml(task, fieldContext(context))}`;
}

/** The same text with its faults on top. */
export function withFaults(text: string, task: Task, faults: readonly TextFault[]): string {
  const lines = text.split("\n");
  const body = lines.findIndex((line) => !line.startsWith(MARK));
  const kept = body < 0 ? [] : lines.slice(body);
  return `${headOf(task, faults, lines.length - kept.length)}${kept.join("\n")}`;
}

/** True for a text without a key, which asks for no change. */
export function hasNoKey(text: string): boolean {
  return text.split("\n").every((line) => line.trim() === "" || line.trimStart().startsWith("#"));
}

/** What a text makes of a task, if the task may be changed so in its state. */
export function readEditorText(context: Context, task: Task, text: string): Result<Edit, TextFault[]> {
  const read = readTaskYaml(text, task, fieldContext(context));
  if (!read.ok) return err(read.error.map(({ line, message, hint }) => ({ line, message, hint })));
  const allowed = edited(task, read.value);
  return allowed.ok ? ok(read.value) : err([{ line: null, ...partsOf(allowed.error) }]);
}

function partsOf({ message, hint }: Problem): Pick<TextFault, "message" | "hint"> {
  return { message, hint };
}

/** A fault as a line, with its place `above` lines further down. */
export function faultLine({ line, message, hint }: TextFault, above = 0): string {
  const place = line === null ? "" : `line ${line + above}: `;
  return `${place}${message}${hint === undefined ? "" : ` (${hint})`}`.replaceAll("\n", " ");
}

/** `before` are the marked lines that the text had when its faults were found. */
function headOf({ metadata, spec, status }: Task, faults: readonly TextFault[], before: number): string {
  const parents = (spec.after ?? []).map(({ task }) => task);
  const standing = [
    `Task ${metadata.id}, ${status.state}. Save and close to change it. To change nothing, leave it as it is or empty it.`,
    `Keys: stint help task-file. A key that is left out has its default.${parents.length > 0 ? ` It starts after ${parents.join(", ")}.` : ""}`,
  ];
  const marked = faults.length === 0 ? [] : ["It was not changed:"];
  const count = marked.length + faults.length + standing.length;
  const told = faults.map((fault) => `  ${faultLine(fault, count - before)}`);
  return [...marked, ...told, ...standing].map((line) => `${MARK} ${line}\n`).join("");
}
