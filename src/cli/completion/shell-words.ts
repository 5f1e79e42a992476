/** A word of a shell's command line that is being typed. */
interface LastWord {
  /** Where it begins in the line. */
  readonly start: number;
  /** The quote that is still open in it. */
  readonly quote: string;
}

/**
 * Splits a command line as a shell does, without its expansions: quotes and backslashes are removed. The last word, which may be
 * empty, is the one that is being typed.
 */
export function shellWords(line: string): { readonly words: readonly string[]; readonly last: LastWord } {
  const words: string[] = [];
  let word = "";
  let quote = "";
  let start = 0;
  let isBetween = true;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote === "" && /\s/.test(character)) {
      if (!isBetween) words.push(word);
      word = "";
      isBetween = true;
      continue;
    }
    if (isBetween) start = at;
    isBetween = false;
    if (character === quote) quote = "";
    else if (quote === "" && /["']/.test(character)) quote = character;
    else if (character === "\\" && quote !== "'") {
      at += 1;
      word += line.charAt(at);
    } else word += character;
  }
  return { words: [...words, word], last: { start: isBetween ? line.length : start, quote } };
}

/** Text that a shell reads as this one word; null where no quoting is safe. */
export function quotedWord(text: string): string | null {
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return null;
  return text.replace(/[^\p{L}\p{N}_.,:=@%+/-]/gu, (character) => `\\${character}`);
}
