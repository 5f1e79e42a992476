/** Wraps text at blanks; a word that is longer than the width has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || Bun.stringWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Stands for the blanks of a short command, which is kept on one line. */
const GLUE = "\u00a0";
const MAX_GLUED = 48;

/** Wraps sentences; a short command between backticks is kept on one line, to be copied. */
export function wrappedText(text: string, width: number): string[] {
  const glued = text.replaceAll(/`[^`]+`/g, (code) =>
    code.length > Math.min(MAX_GLUED, width) ? code : code.replaceAll(" ", GLUE),
  );
  return wrapped(glued, width).map((line) => line.replaceAll(GLUE, " "));
}

/** A line whose text wraps where the terminal ends; its further lines are indented as far as the text, or by `hang`. */
export function hanging(
  prefix: string,
  text: string,
  { columns, hang = Bun.stringWidth(prefix) }: { readonly columns: number; readonly hang?: number },
): string[] {
  const width = columns - Math.max(hang, Bun.stringWidth(prefix));
  return wrapped(text, width).map((line, index) => `${index === 0 ? prefix : " ".repeat(hang)}${line}`);
}
