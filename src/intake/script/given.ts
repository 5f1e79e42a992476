import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { type Fault, fault } from "../fault.ts";
import { NOWHERE, type Span } from "../value.ts";
import { directiveWords, type PlacedWord } from "./directive-words.ts";
import type { Directive } from "./header.ts";
import { OPTIONS, optionNamed, optionOfLetter } from "./options.ts";

/** An option of sbatch as it was given. */
export interface GivenOption {
  /** In `OPTIONS`. */
  readonly name: string;
  /** Its value; empty for a switch. */
  readonly text: string;
  /** What messages call it. */
  readonly flag: string;
  /** `NOWHERE` for one of the command line. */
  readonly span: Span;
}

/** Options that say the same in other words: the command line replaces all of them. */
const RIVALS: readonly (readonly string[])[] = [
  ["gres", "gpus", "gpus-per-node", "gpus-per-task"],
  ["mem", "mem-per-cpu", "mem-per-gpu"],
  ["ntasks", "ntasks-per-node"],
  ["requeue", "no-requeue"],
  ["chdir", "workdir"],
];

/** The options of a script and of a command line by name; of the same one the last counts, and the command line wins. */
export function merged(
  written: readonly GivenOption[],
  typed: readonly GivenOption[],
): Map<string, GivenOption> {
  const replaced = typed.flatMap(({ name }) => RIVALS.find((some) => some.includes(name)) ?? [name]);
  const kept = written.filter(({ name }) => !replaced.includes(name));
  return new Map([...kept, ...typed].map((one) => [one.name, one]));
}

/** The faults of the values of a script's own options; those of the command line are valid. */
export function valueFaults(given: Iterable<GivenOption>): Fault[] {
  return [...given].flatMap((one) => (one.span === NOWHERE ? [] : (optionFault(one) ?? [])));
}

function optionFault({ name, text, flag, span }: GivenOption): Fault | null {
  const { isValid, wanted, because, hint } = OPTIONS[name] ?? {};
  if (isValid === undefined || isValid(text)) return null;
  if (wanted === undefined) return fault(span, `${flag} has no counterpart in a script here`, hint);
  if (because !== undefined && text !== "") return fault(span, `${flag} ${text}: ${because}`, hint);
  const is = text === "" ? "empty" : JSON.stringify(text);
  return fault(span, `${flag} is ${is}, wanted ${wanted}`, hint);
}

/** The options of a script's directives, and the faults of what is no option. */
export function optionsIn(directives: readonly Directive[]): { given: GivenOption[]; faults: Fault[] } {
  const given: GivenOption[] = [];
  const faults: Fault[] = [];
  for (const { text, span } of directives) {
    const words = directiveWords(text, span.start);
    const read = words.ok ? optionsOf(words.value) : { given: [], faults: words.error };
    given.push(...read.given);
    faults.push(...read.faults);
  }
  return { given, faults };
}

/** The options among the words of one directive, up to the first that is none. */
function optionsOf(words: readonly PlacedWord[]): { given: GivenOption[]; faults: Fault[] } {
  const given: GivenOption[] = [];
  let at = 0;
  for (let word = words[at]; word !== undefined; word = words[at]) {
    at += 1;
    const spelled = spelledOption(word);
    if (!spelled.ok) return { given, faults: spelled.error };
    const { name, inline } = spelled.value;
    const { value } = OPTIONS[name] ?? {};
    const flag = `--${name}`;
    if (value === undefined && inline !== null)
      return { given, faults: [fault(word.span, `${flag} has the value "${inline}", wanted none`)] };
    const next = words[at];
    if (value !== "always" || inline !== null) {
      given.push({ name, text: inline ?? "", flag, span: word.span });
      continue;
    }
    if (next === undefined)
      return { given, faults: [fault(word.span, `${flag} has no value, wanted ${flag}=VALUE`)] };
    given.push({ name, text: next.text, flag, span: next.span });
    at += 1;
  }
  return { given, faults: [] };
}

function spelledOption({
  text,
  span,
}: PlacedWord): Result<{ readonly name: string; readonly inline: string | null }, Fault[]> {
  if (!text.startsWith("-")) {
    const message = `"${text}" is no option of sbatch, wanted --NAME=VALUE`;
    return err([fault(span, message, "put quotes around a value with spaces")]);
  }
  const cut = text.indexOf("=");
  const isLong = text.startsWith("--");
  const typed = isLong ? text.slice(2, cut < 0 ? undefined : cut) : text.slice(1, 2);
  const name = isLong ? optionNamed(typed) : optionOfLetter(typed);
  if (name === null) {
    const near = isLong ? closest(typed, Object.keys(OPTIONS)) : null;
    const hint = near === null ? undefined : `did you mean --${near}?`;
    return err([fault(span, `${isLong ? "--" : "-"}${typed} is no option of sbatch`, hint)]);
  }
  const attached = isLong ? (cut < 0 ? null : text.slice(cut + 1)) : text.slice(2) || null;
  return ok({ name, inline: attached });
}
