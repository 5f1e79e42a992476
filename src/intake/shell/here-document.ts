/** A here-document whose text begins on the next line. */
export interface HereDocument {
  /** The line that ends it. */
  readonly end: string;
  /** True for `<<-`: tabs before a line do not count. */
  readonly isIndented: boolean;
  /** Of the redirection in the command. */
  readonly length: number;
}

const HEAD = /<<(-?)[ \t]*((?:\\.|'[^'\n]*'|"[^"\n]*"|[^\s;&|<>()'"\\])+)/y;

/** The here-document of a redirection; null where no word follows. */
export function hereDocumentAt(text: string, at: number): HereDocument | null {
  HEAD.lastIndex = at;
  const found = HEAD.exec(text);
  if (found === null) return null;
  const [{ length }, dash, word = ""] = found;
  return { end: word.replaceAll(/[\\'"]/g, ""), isIndented: dash === "-", length };
}

/** The offset after a here-document that begins at one. */
export function afterDocument(text: string, at: number, { end, isIndented }: HereDocument): number {
  let from = at;
  while (from < text.length) {
    const next = text.indexOf("\n", from);
    const line = text.slice(from, next === -1 ? undefined : next);
    from = next === -1 ? text.length : next + 1;
    if ((isIndented ? line.replace(/^\t+/, "") : line) === end) return from;
  }
  return from;
}
