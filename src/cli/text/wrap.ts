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

/** A line whose text wraps where the terminal ends; its further lines are indented as far as the text, or by `hang`. */
export function hanging(
  prefix: string,
  text: string,
  { columns, hang = Bun.stringWidth(prefix) }: { readonly columns: number; readonly hang?: number },
): string[] {
  const width = columns - Math.max(hang, Bun.stringWidth(prefix));
  return wrapped(text, width).map((line, index) => `${index === 0 ? prefix : " ".repeat(hang)}${line}`);
}
