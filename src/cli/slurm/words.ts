import { own } from "../../lib/own.ts";

/** The options of a program of Slurm: a name stands for a value (true) or a switch (false); letters stand for names. */
interface Grammar {
  readonly options: Readonly<Record<string, boolean>>;
  readonly letters: Readonly<Record<string, string>>;
}

export interface SlurmWords {
  /** The values of each option that was given; a switch has one that is empty. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly words: readonly string[];
}

/** Reads the words of a command line as getopt does; returns the word that is no option of the program. */
export function slurmWords(
  typed: readonly string[],
  { options, letters }: Grammar,
): SlurmWords | { readonly unknown: string } {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const keep = (name: string, value: string): void =>
    void given.set(name, [...(given.get(name) ?? []), value]);
  for (let at = 0; at < typed.length; at += 1) {
    const word = typed[at] ?? "";
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const [, long, text] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const name = long ?? own(letters, word.slice(1, 2));
    const hasValue = name === undefined ? undefined : own(options, name);
    if (name === undefined || hasValue === undefined) return { unknown: word };
    const attached = long === undefined ? word.slice(2) || undefined : text;
    if (!hasValue) {
      keep(name, "");
      // Switches may share a dash: -hP.
      if (long === undefined && attached !== undefined) {
        const rest = slurmWords([`-${attached}`, ...typed.slice(at + 1)], { options, letters });
        if ("unknown" in rest) return rest;
        for (const [other, values] of rest.options)
          given.set(other, [...(given.get(other) ?? []), ...values]);
        return { options: given, words: [...words, ...rest.words] };
      }
      continue;
    }
    if (attached === undefined) at += 1;
    keep(name, attached ?? typed[at] ?? "");
  }
  return { options: given, words };
}
