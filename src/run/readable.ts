import { ESCAPE_SEQUENCES } from "../lib/printable.ts";

/**
 * Lines of a program's output as a person saw them last: without colours and control characters, and of a progress
 * bar, which redraws its line after `\r`, what it showed at the end.
 */
export function readableLines(output: string): string[] {
  return output.replace(ESCAPE_SEQUENCES, "").split("\n").map(lastDrawn);
}

function lastDrawn(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  const drawn = line.slice(0, end);
  return drawn.slice(drawn.lastIndexOf("\r") + 1).replace(/[^\P{Cc}\t]/gu, "");
}
