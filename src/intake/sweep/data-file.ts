import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { extname } from "node:path";
import { counted } from "../../lib/counted.ts";
import { errnoOf } from "../../lib/errno.ts";
import { readAtMost } from "../../lib/read-at-most.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault, misfit, refuse, type Source } from "../fault.ts";
import type { ReadContext } from "../readers.ts";
import { folder } from "../task-readers.ts";
import { decodeTaskText, MAX_TEXT_BYTES, tooLarge } from "../task-text.ts";
import type { Value } from "../value.ts";
import { parseCsv } from "./csv.ts";
import { type Member, Names } from "./member.ts";

/** The reader of each format; a file without an ending has lines. */
const FORMS: Readonly<Record<string, (source: Source) => Result<Member[], Fault[]>>> = {
  ".csv": csvMembers,
  ".jsonl": jsonMembers,
  ".ndjson": jsonMembers,
  ".txt": lineMembers,
  ".list": lineMembers,
  "": lineMembers,
};

/** Reads the members in a data file; a relative path is resolved against `defaultCwd`. */
export function readEach(value: Value, context: ReadContext): Result<Member[], Fault[]> {
  if (value.type !== "scalar")
    return misfit(value, "the path of a file", "for values of the task file itself use matrix:");
  const path = folder(value, context);
  if (!path.ok) return path;
  const form = FORMS[extname(path.value).toLowerCase()];
  if (form === undefined) return misfit(value, "a file that ends in .csv, .jsonl or .txt (lines)");
  const text = readData(path.value);
  if (!text.ok) return refuse(value, `cannot be read: ${text.error}`, `looked for ${path.value}`);
  const source = { file: value.text, text: text.value };
  const members = form(source);
  if (!members.ok) return err(members.error.map((one) => ({ ...one, source })));
  if (members.value.length > 0) return members;
  return refuse(value, "has no rows, so it makes no member");
}

/** Reads a data file; unlike a task file it may be a link, as it is not moved. */
function readData(path: string): Result<string, string> {
  let descriptor: number | null = null;
  try {
    // O_NONBLOCK opens a FIFO at once, instead of waiting for its writer (open(2)).
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return err(stat.isDirectory() ? "it is a folder" : "it is not a regular file");
    if (stat.size > MAX_TEXT_BYTES) return err(tooLarge(stat.size));
    return decodeTaskText(readAtMost(descriptor, MAX_TEXT_BYTES));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return err("there is no such file");
    return err(errno === "EACCES" ? "permission denied" : String(errno ?? error));
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function csvMembers(source: Source): Result<Member[], Fault[]> {
  const rows = parseCsv(source.text);
  if (!rows.ok) return rows;
  const [header, ...rest] = rows.value;
  if (header === undefined) return ok([]);
  const names = header.cells.map((cell) => cell.trim());
  const known = new Names();
  for (const [index, name] of names.entries()) {
    const wrong = known.add(name);
    if (wrong !== null) {
      const hint = "the first row of a CSV names the columns";
      return err([fault(header.span, `column ${index + 1} "${name}" ${wrong}`, hint)]);
    }
  }
  const faults = rest
    .filter(({ cells }) => cells.length !== names.length)
    .map(({ cells, span }) => {
      const hint = "put quotes around a cell that contains a comma";
      const message = `the row has ${counted(cells.length, "cell")}, the first row names ${names.length}`;
      return fault(span, message, hint);
    });
  const nul = source.text.indexOf("\0");
  if (nul !== -1) faults.push(fault({ start: nul, end: nul + 1 }, "the file contains a NUL character"));
  if (faults.length > 0) return err(faults);
  return ok(
    rest.map(({ cells, span }) => ({
      values: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""])),
      span,
      source,
    })),
  );
}

/** The lines of a text that are not empty, each with its place. */
function* linesOf({ text }: Source): Generator<{ line: string; span: { start: number; end: number } }> {
  let start = 0;
  for (const whole of text.split("\n")) {
    const line = whole.replace(/\r$/, "");
    if (line.trim() !== "") yield { line, span: { start, end: start + line.length } };
    start += whole.length + 1;
  }
}

function lineMembers(source: Source): Result<Member[], Fault[]> {
  const members: Member[] = [];
  for (const { line, span } of linesOf(source)) {
    if (line.includes("\0")) return err([fault(span, "the line contains a NUL character")]);
    members.push({ values: { line }, span, source });
  }
  return ok(members);
}

function jsonMembers(source: Source): Result<Member[], Fault[]> {
  const members: Member[] = [];
  const faults: Fault[] = [];
  const known = new Names();
  for (const { line, span } of linesOf(source)) {
    const values = valuesOf(line, known);
    if (values.ok) members.push({ values: values.value, span, source });
    else faults.push(fault(span, values.error, 'each line is an object such as {"lr": 0.1, "name": "a"}'));
  }
  return faults.length > 0 ? err(faults) : ok(members);
}

/** The values of one JSON line; `known` collects the names of all. */
function valuesOf(line: string, known: Names): Result<Record<string, string>, string> {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return err("the line is not valid JSON");
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return err("the line is not an object");
  const values: [string, string][] = [];
  for (const [name, value] of Object.entries(data) as [string, unknown][]) {
    const wrong = known.has(name) ? null : known.add(name);
    if (wrong !== null) return err(`"${name}" ${wrong}`);
    // null counts as absent: a placeholder for it is then a fault.
    if (value === null) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      return err(`"${name}" is nested, wanted a text, a number, true or false`);
    const text = String(value);
    if (text.includes("\0")) return err(`"${name}" contains a NUL character`);
    values.push([name, text]);
  }
  return ok(Object.fromEntries(values));
}
