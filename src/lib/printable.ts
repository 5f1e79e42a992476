import { uuid } from "./random.ts";

/**
 * Characters that could control a terminal, hide or reverse text, or begin a line: control and format characters, line and paragraph
 * separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Multi-line text may have newlines, tabs, and the joiners that some scripts and emoji need. */
const UNPRINTABLE_IN_TEXT = /[^\P{Cc}\n\t]|[^\P{Cf}\u200c\u200d]|[\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text in which all is printable; most is, and these tell so in a tenth of the time. */
const PLAIN = /^[ -~]*$/;
const PLAIN_TEXT = /^[\n\t -~]*$/;

export const ESCAPE = "\u001b";
export const BELL = "\u0007";

/** The escape sequences of ECMA-48: control sequences (colours, cursor), control strings (titles, links; within a line), and short ones. */
export const ESCAPE_SEQUENCES = new RegExp(
  [
    `${ESCAPE}\\[[0-?]*[ -/]*[@-~]`,
    `${ESCAPE}[\\]PX^_][^\n${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?`,
    `${ESCAPE}[ -/]*[0-~]`,
  ].join("|"),
  "g",
);

/**
 * Marks our own control sequences until they are written: a random number that no text from outside contains. It has the syntax of a
 * parameter, so that code that measures or strips text recognises the sequence.
 */
const OWN = `${ESCAPE}[${`${uuid()}${uuid()}`.replaceAll(/\D/g, "")};`;

/** A control sequence of our own; `sequence` is what follows `ESC [`. */
export function ownSequence(sequence: string): string {
  return `${OWN}${sequence}`;
}

/** Untrusted text as part of one line: unprintable characters are escaped as in JSON. */
export function oneLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .split(OWN)
    .map((part) => part.replace(UNPRINTABLE, escaped))
    .join(OWN);
}

/** Untrusted texts, each as exactly one line. */
export function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${oneLine(line)}\n`).join("");
}

/** Text for a terminal or a log: only our own control sequences, newlines and tabs stay, all else is escaped. JSON keeps its meaning. */
export function printable(text: string): string {
  if (PLAIN_TEXT.test(text)) return text;
  return text
    .split(OWN)
    .map((part) => part.replace(UNPRINTABLE_IN_TEXT, escaped))
    .join(`${ESCAPE}[`);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function escaped(character: string): string {
  return SHORT.get(character) ?? character.split("").map(codeUnit).join("");
}

function codeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
