import { uuid } from "./random.ts";

/**
 * What could steer a terminal, hide or turn text round, or begin a line of its own: control and format characters, the
 * separators of lines and paragraphs, halves of characters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Text of many lines has lines, tabs, and the joiners that some scripts and pictures are spelt with. */
const UNPRINTABLE_IN_TEXT = /[^\P{Cc}\n\t]|[^\P{Cf}\u200c\u200d]|[\p{Cs}\p{Zl}\p{Zp}]/gu;

export const ESCAPE = "\u001b";
export const BELL = "\u0007";

/** The escape sequences of ECMA-48: control sequences (colours, cursor), strings (titles, links; within a line), and the short ones. */
export const ESCAPE_SEQUENCES = new RegExp(
  [
    `${ESCAPE}\\[[0-?]*[ -/]*[@-~]`,
    `${ESCAPE}[\\]PX^_][^\n${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?`,
    `${ESCAPE}[ -/]*[0-~]`,
  ].join("|"),
  "g",
);

/**
 * Our own control sequences begin like this, until they are written: nobody else's text holds this number, drawn once for
 * this process. It stands where a parameter of theirs would, so that whoever measures or strips text knows them for one.
 */
const OWN = `${ESCAPE}[${`${uuid()}${uuid()}`.replaceAll(/\D/g, "")};`;

/** A control sequence of ours: `sequence` is what comes after `ESC [`. */
export function ownSequence(sequence: string): string {
  return `${OWN}${sequence}`;
}

/** Text of others as part of one line: what could not be seen for what it is stands there as JSON would write it. */
export function oneLine(text: string): string {
  return text.split(OWN).map(escapedLine).join(OWN);
}

/** Lines, each of them one whatever is in it. */
export function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${oneLine(line)}\n`).join("");
}

/** Text as it may go to a terminal or into a log: of control sequences only our own, of control characters lines and tabs. JSON stays the same JSON. */
export function printable(text: string): string {
  return text
    .split(OWN)
    .map((part) => part.replace(UNPRINTABLE_IN_TEXT, escaped))
    .join(`${ESCAPE}[`);
}

function escapedLine(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
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
