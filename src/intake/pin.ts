import { err, ok, type Result } from "../lib/result.ts";
import { datasetReader } from "./dataset-readers.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Fault } from "./fault.ts";
import type { ReadContext } from "./readers.ts";
import { inYamlQuotes } from "./slips/line.ts";
import { camelCase, type Entry, type MappingValue, type Span, type Value } from "./value.ts";
import { readFileText } from "./yaml-text.ts";

/** A data set of a task file whose checksum can be written into it. */
export interface PinPlace {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The checksum that the file has; null for none. */
  readonly current: string | null;
  /** What to put where, so that it has another one. */
  readonly edit: (sha256: string) => Edit;
}

interface Edit extends Span {
  readonly text: string;
}

/** The places of a task file, and the names of data sets that have none: with a file of DVC, or a placeholder. */
interface Pinnable {
  readonly places: readonly PinPlace[];
  readonly others: readonly string[];
}

/** Finds the data sets of all documents of a task file. */
export function pinnableIn(
  text: string,
  { file, ...context }: ReadContext & { readonly file: string },
): Result<Pinnable, Diagnostic[]> {
  return readFileText({ file, text }, ({ values, faults }, read) => {
    const found: Fault[] = [...faults];
    const places: PinPlace[] = [];
    const others: string[] = [];
    for (const entry of values.flatMap(datasetsIn)) {
      const one = placeOf(entry, read, context);
      if (!one.ok) found.push(...one.error);
      else if (one.value === null) others.push(entry.key);
      else places.push(one.value);
    }
    return found.length > 0 ? err(found) : ok({ places, others });
  });
}

/** The text with all edits. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  let edited = text;
  for (const { start, end, text: put } of edits.toSorted((left, right) => right.start - left.start))
    edited = `${edited.slice(0, start)}${put}${edited.slice(end)}`;
  return edited;
}

/** Of a task, and of the task of a schedule. */
function datasetsIn(document: Value): Entry[] {
  if (document.type !== "mapping") return [];
  return document.entries.flatMap(({ key, value }) => {
    if (camelCase(key) === "task") return datasetsIn(value);
    return camelCase(key) === "datasets" && value.type === "mapping" ? value.entries : [];
  });
}

/** Null where the checksum has no place: DVC keeps it, or each member of a sweep has another path. */
function placeOf(
  { key, span, value }: Entry,
  text: string,
  context: ReadContext,
): Result<PinPlace | null, Fault[]> {
  const read = datasetReader(value, context);
  if (!read.ok) return read;
  const { path, sha256, dvc } = read.value;
  const written = text.slice(value.span.start, value.span.end);
  // An alias stands for text further up, which is the value of another key too.
  const isAlias = value.span.start < span.end;
  if (dvc !== undefined || isAlias || written.includes("${{")) return ok(null);
  return ok({ name: key, path, current: sha256 ?? null, edit: (digest) => editFor(value, text, digest) });
}

function editFor(value: Value, text: string, sha256: string): Edit {
  const checksum = `"${sha256}"`;
  if (value.type !== "mapping") {
    const typed = value.type === "scalar" ? value.text : "";
    const path = /^[\w./~][\w./~-]*$/.test(typed) ? typed : inYamlQuotes(typed);
    return { ...value.span, text: `{ path: ${path}, sha256: ${checksum} }` };
  }
  const present = value.entries.find(({ key }) => camelCase(key) === "sha256");
  if (present !== undefined) return { ...present.value.span, text: checksum };
  return added(value, text, checksum);
}

/** The edit that adds the checksum as the last key. */
function added({ entries, span }: MappingValue, text: string, checksum: string): Edit {
  const last = entries.at(-1);
  const [from, to] = [last?.span.start ?? span.start, last?.value.span.end ?? span.end];
  if (text[span.start] === "{") {
    const key = text[from] === '"' ? '"sha256"' : "sha256";
    return { start: to, end: to, text: `, ${key}: ${checksum}` };
  }
  const lineStart = text.lastIndexOf("\n", from) + 1;
  const indent = text.slice(lineStart, from);
  const found = text.indexOf("\n", to);
  const lineEnd = found < 0 ? text.length : found;
  const isCarried = text[lineEnd - 1] === "\r";
  const at = isCarried ? lineEnd - 1 : lineEnd;
  return { start: at, end: at, text: `${isCarried ? "\r\n" : "\n"}${indent}sha256: ${checksum}` };
}
