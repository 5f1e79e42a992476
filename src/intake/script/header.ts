import type { Span } from "../value.ts";

/** A comment of a script's head that is for a queue: `#SBATCH …` of Slurm, or `#STINT …`. */
export interface Directive {
  readonly word: "SBATCH" | "STINT";
  /** What follows the word. */
  readonly text: string;
  /** The place of `text` in the script. */
  readonly span: Span;
  /** 1-based. */
  readonly line: number;
  /** True below the first command, where Slurm reads none. */
  readonly isLate: boolean;
}

/** Slurm accepts an option that follows at once (`#SBATCH--time=5`); `# SBATCH` and `##SBATCH` are comments. */
const DIRECTIVE = /^#(SBATCH(?=[\s-]|$)|STINT(?=\s|$))(.*)$/;

/** The directives of a script. As in sbatch(1), they end at the first line that is neither empty nor a comment. */
export function directivesOf(text: string): Directive[] {
  const found: Directive[] = [];
  if (!text.includes("#SBATCH") && !text.includes("#STINT")) return found;
  let start = 0;
  let isLate = false;
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.replace(/\r$/, "");
    const [, word, rest = ""] = DIRECTIVE.exec(line) ?? [];
    if (word === "SBATCH" || word === "STINT") {
      const span = { start: start + line.length - rest.length, end: start + line.length };
      found.push({ word, text: rest, span, line: index + 1, isLate });
    }
    isLate ||= !/^\s*(#|$)/.test(line);
    start += whole.length + 1;
  }
  return found;
}
