import type { Meant } from "../lib/meant-amount.ts";
import { err, type Result } from "../lib/result.ts";
import { describe, NOWHERE, type Span, type Value } from "./value.ts";

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
  /** What is meant: the text to write in place of a part of one line. */
  readonly instead?: { readonly span: Span; readonly text: string };
  /** True where the text may have been meant otherwise than YAML reads it: the table of slips is asked. */
  readonly mayBeSlip?: true;
}

/** Makes a fault; the message says what was found and what is wanted, the hint what to write. */
export function fault(span: Span, message: string, hint?: string): Fault {
  return hint === undefined ? { span, message } : { span, message, hint };
}

/** Refuses a value: `"timeout" <message>`, or `--timeout <message>`. */
export function refuse(value: Value, message: string, hint?: string): Result<never, Fault[]> {
  return err([fault(value.span, `${called(value)} ${message}`, hint)]);
}

/** Refuses a value for which another text is meant: the hint says to write it, and the line is shown with it. */
export function refuseFor(value: Value, message: string, meant: string | Meant): Result<never, Fault[]> {
  const { text, hint = `write ${text}` } = typeof meant === "string" ? { text: meant } : meant;
  return err([insteadOf(value.span, fault(value.span, `${called(value)} ${message}`, hint), text)]);
}

/** A fault with the text that is meant in place of a span; the value of a flag has none. */
export function insteadOf(span: Span, of: Fault, text: string): Fault {
  return span === NOWHERE ? of : { ...of, instead: { span, text } };
}

/** Refuses a value that may have been meant otherwise than YAML reads it. */
export function refuseReading(value: Value, message: string, hint?: string): Result<never, Fault[]> {
  return err([{ ...fault(value.span, `${called(value)} ${message}`, hint), mayBeSlip: true }]);
}

/** Refuses a value that is not what is wanted: `"umask" is 9, wanted three octal digits`. */
export function misfit(value: Value, wanted: string, hint?: string): Result<never, Fault[]> {
  return refuse(value, `is ${describe(value)}, wanted ${wanted}`, hint);
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
