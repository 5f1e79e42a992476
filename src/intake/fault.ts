import { err, type Result } from "../lib/result.ts";
import type { Span, Value } from "./value.ts";

/** A text with the name that messages give it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** What is wrong with one field, before anybody asks in which line it stands. */
export interface Fault {
  readonly span: Span;
  /** Where the span is counted, when that is not the task file. */
  readonly source?: Source;
  readonly message: string;
  readonly hint?: string;
}

/** Makes a fault; the message says what is and what is wanted, the hint what to write. */
export function fault(span: Span, message: string, hint?: string): Fault {
  return hint === undefined ? { span, message } : { span, message, hint };
}

/** Refuses a value: `"timeout" <message>`, or `--timeout <message>`. */
export function refuse(value: Value, message: string, hint?: string): Result<never, Fault[]> {
  return err([fault(value.span, `${called(value)} ${message}`, hint)]);
}

/** How messages call a value: the flag that gave it, or in quotes the keys that lead to it. */
export function called({ path }: Pick<Value, "path">): string {
  return isFlag(path) ? path.replace(/\[\d+\]/g, "").replace(".", " ") : `"${path}"`;
}

/** True for the path of what a flag gave, which begins with the flag as it is typed. */
export function isFlag(path: string): boolean {
  return path.startsWith("--");
}
