import { err, type Result } from "../lib/result.ts";
import type { Span, Value } from "./value.ts";

/** A text with the name that messages give it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** What is wrong with one field, before its line is known. */
export interface Fault {
  readonly span: Span;
  /** The text of the span, where that is not the task file. */
  readonly source?: Source;
  readonly message: string;
  readonly hint?: string;
}

/** Makes a fault; the message says what was found and what is wanted, the hint what to write. */
export function fault(span: Span, message: string, hint?: string): Fault {
  return hint === undefined ? { span, message } : { span, message, hint };
}

/** Refuses a value: `"timeout" <message>`, or `--timeout <message>`. */
export function refuse(value: Value, message: string, hint?: string): Result<never, Fault[]> {
  return err([fault(value.span, `${called(value)} ${message}`, hint)]);
}

/** The name of a value in messages: its flag, or in quotes its path of keys. */
export function called({ path }: Pick<Value, "path">): string {
  return isFlag(path) ? path.replace(/\[\d+\]/g, "").replace(".", " ") : `"${path}"`;
}

/** The path of a value of `--set`: `--set.retry.on` is called `--set retry.on`. */
export const SET = "--set.";

/** True for the path of a value from a flag, which begins with the flag as typed. */
export function isFlag(path: string): boolean {
  return path.startsWith("--");
}
