import { Command } from "commander";

/**
 * A verb as it is declared for one command line: of its options only those are made that the line can mean, as commander takes
 * longer for the 40 that `submit` has than submit does for a task. What was asked for and is not among them, `--help` too, is
 * for a verb with all of them.
 */
export class BriefCommand extends Command {
  /** The words that look like flags, without their values. */
  readonly #asked: ReadonlySet<string>;

  constructor(name: string, given: readonly string[]) {
    super(name);
    this.#asked = new Set(given.filter(isFlag).map((word) => word.replace(/=.*/s, "")));
  }

  /** One with a default counts though nobody gives it. */
  override option(flags: string, description?: string, ...more: unknown[]): this {
    const isMeant = more.length > 0 || flags.split(/[ ,]+/).some((one) => this.#asked.has(one));
    return isMeant ? super.option(flags, description, ...(more as [])) : this;
  }

  /** True where every flag of the command line is one of the verb's. */
  get knowsAll(): boolean {
    const known = new Set(this.options.flatMap(({ long, short }) => [long, short]));
    return [...this.#asked].every((one) => known.has(one));
  }
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}
