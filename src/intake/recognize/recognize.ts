import { err, type Result } from "../../lib/result.ts";
import { shellWord } from "../../lib/shell-text.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import { fault, type Source } from "../fault.ts";
import { Lines } from "../slips/lines.ts";
import { FOREIGN } from "./foreign.ts";
import { type Form, formOfKeys, hasJobsBelow, isTaskWithTimes } from "./form.ts";
import { type FileShape, shapeOf } from "./shape.ts";

const CALLED: Readonly<Record<Form, string>> = {
  task: "a task file",
  schedule: "a schedule",
  config: "a config.yaml",
};

/** What a file is that was not read as what is wanted, as one fault with the way out; null where it is none that is known. */
export function recognize(
  { file, text: whole }: Source,
  wanted: Form,
): { what: string; diagnostic: Diagnostic } | null {
  const source = { file, text: whole.replace(/^\uFEFF/, "") };
  const shape = shapeOf(source.text);
  const word = file === "stdin" ? "FILE" : shellWord(file);
  const found = ownForm(shape, wanted, word) ?? foreign(shape, word);
  if (found === null) return null;
  const { what, row, hint } = found;
  const lines = new Lines(source.text);
  const span = { start: lines.offset(row, 0), end: lines.offset(row, Math.max(1, lines.row(row).length)) };
  const [diagnostic] = diagnose(source, [fault(span, `the file is ${what}, wanted ${CALLED[wanted]}`, hint)]);
  return diagnostic === undefined ? null : { what, diagnostic };
}

/** What was read; where it has faults because the file is another one than is wanted, that one fault. */
export function orRecognized<T>(
  read: Result<T, Diagnostic[]>,
  source: Source,
  wanted: Form,
): Result<T, Diagnostic[]> {
  const known = read.ok ? null : recognize(source, wanted);
  return known === null ? read : err([known.diagnostic]);
}

interface Found {
  readonly what: string;
  readonly row: number;
  readonly hint: string;
}

function foreign(shape: FileShape, file: string): Found | null {
  // A task with one key too many is a task.
  const isTask = ["run", "command", "spec"].some((key) => shape.keys.has(key));
  for (const { what, isSure, tells, way } of FOREIGN) {
    if (isTask && isSure !== true) continue;
    const row = tells(shape);
    if (row !== null) return { what, row, hint: way(file) };
  }
  return null;
}

/** Another file of stint than the one that is wanted. */
function ownForm(shape: FileShape, wanted: Form, file: string): Found | null {
  const { keys, lines } = shape;
  const form = formOfKeys(keys.keys());
  if (form === wanted || form === "task") return null;
  if (form === "schedule" && isTaskWithTimes(keys)) return null;
  if (form === "config" && hasJobsBelow(shape)) return null;
  const row = lines.find(({ text }) => text !== "---")?.row ?? 0;
  const hint =
    form === "schedule"
      ? `to add it: stint schedules add ${file}`
      : `to check it: stint validate --as config ${file}; it applies as config.yaml of the home`;
  return { what: CALLED[form], row, hint };
}
