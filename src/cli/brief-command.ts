import { Command } from "commander";

/**
 * A verb as it is declared for one command line: of its options only those are made that the line can mean. To make the 40 that
 * `submit` has would take a tenth of its time. What was asked for and is not among them, `--help` too, is for a verb with all.
 */
export class BriefCommand extends Command {
  /** The words that look like flags, without their values. */
  readonly #asked: readonly string[];

  constructor(name: string, given: readonly string[]) {
    super(name);
    this.#asked = given.filter(isFlag).map((word) => word.replace(/=.*/s, ""));
  }

  /** One with a default counts though nobody gives it. */
  override option(flags: string, description?: string, ...more: unknown[]): this {
    // To make one that is not meant does no harm: `--mem` is in the text of `--memory` too.
    const isMeant = more.length > 0 || this.#asked.some((one) => flags.includes(one));
    return isMeant ? super.option(flags, description, ...(more as [])) : this;
  }

  /** True where every flag of the command line is one of the verb's. */
  get knowsAll(): boolean {
    return this.#asked.every((one) => this.options.some(({ long, short }) => one === long || one === short));
  }
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}
