import { shellWord } from "../lib/shell-text.ts";

/** A longer command line is shown in part. */
const MAX_SHOWN = 120;

/** Words as they are typed in a shell. */
export function inShell(line: readonly string[]): string {
  const text = line.map(shellWord).join(" ");
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The line with the `--` that it lacks, before the word at `cut`. */
export function withDashes(typed: readonly string[], cut: number): string {
  const rest = typed.slice(cut).filter((word) => word !== "--");
  return `stint ${inShell([...typed.slice(0, cut), "--", ...rest])}`;
}

/** Where an operand is among the words of a command line; -1 where it is not. */
export function placeOf(operand: string, typed: readonly string[]): number {
  const end = typed.indexOf("--");
  const words = end < 0 ? typed : typed.slice(0, end);
  // After a flag it may be its value.
  const sure = words.findIndex((word, at) => word === operand && at > 0 && !words[at - 1]?.startsWith("-"));
  return sure < 0 ? words.lastIndexOf(operand) : sure;
}
