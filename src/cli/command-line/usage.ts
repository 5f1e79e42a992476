import { closest } from "../../lib/suggest.ts";
import { type Problem, problem } from "../../model/errors.ts";
import {
  COMMON_FLAGS,
  type Flags,
  type Operand,
  type ValueType,
  type Verb,
  type VerbGroup,
  visible,
} from "./declare.ts";
import { nearCommand } from "./near.ts";

/** Every error in a command line: the message says what was given and what is wanted, the hint what to write instead. */
export function usage(message: string, hint?: string): Problem {
  return problem("USAGE", `Cannot read the command line: ${message}`, hint);
}

/** A longer text would fill the screen. */
const MAX_SHOWN = 60;

function quoted(text: string): string {
  return `"${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}"`;
}

/** `camelCase` as it is typed: `--camel-case`. */
export function long(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The error for an invalid value of a flag or an operand. */
export function wrongValue(
  called: string,
  typed: string,
  { wanted, choices = [], near: instead }: Pick<ValueType, "wanted" | "choices" | "near">,
): Problem {
  const near = closest(typed, choices);
  const hint = near === null ? (instead?.(typed) ?? undefined) : `did you mean "${near}"?`;
  return usage(`${called} is ${quoted(typed)}, wanted ${wanted}`, hint);
}

/** The error for a flag without its value: nothing, or another flag, follows it. */
export function missingValue(
  called: string,
  { placeholder, wanted }: ValueType,
  next: string | undefined,
): Problem {
  const hint =
    next === undefined ? `write ${called} ${placeholder}` : `if ${next} is its value: ${called}=${next}`;
  return usage(`${called} has no value, wanted ${wanted}`, hint);
}

export function needlessValue(called: string, typed: string): Problem {
  return usage(`${called} is ${quoted(typed)}, wanted ${called} alone`);
}

export function unknownFlag(
  name: string,
  {
    typed,
    value,
    ofCommand,
  }: {
    readonly typed: string;
    readonly value: string | null;
    /** The line in which it is a flag of a command. */
    readonly ofCommand: string | null;
  },
  { flags, insteadOf }: Pick<Verb, "flags" | "insteadOf">,
): Problem {
  const all: Flags = { ...flags, ...COMMON_FLAGS };
  const names = visible(all).flatMap(([key, { aliases = [] }]) => [
    long(key),
    ...aliases.map((alias) => `--${alias}`),
  ]);
  const near = closest(typed, names) ?? withoutFiller(typed, names);
  const known = near === null ? `its flags: stint ${name} --help` : `did you mean ${near}?`;
  const command = `a command and its arguments follow --: ${ofCommand}`;
  const usual = ofCommand === null ? known : near === null ? command : `${known} ${command}`;
  const hint = insteadOf?.(typed, value) ?? usual;
  return usage(`"${name}" has no flag ${quoted(typed)}`, hint);
}

/** Words in the flags of other tools that say nothing more. */
const FILLER: ReadonlySet<string> = new Set(["all", "only", "tasks", "jobs"]);

/** `--failed` for `--all-failed`, `--failed-only` or `--all-failed-jobs`; null where there is no such flag. */
function withoutFiller(typed: string, names: readonly string[]): string | null {
  const words = typed
    .slice(2)
    .split("-")
    .filter((word) => !FILLER.has(word));
  const called = `--${words.join("-")}`;
  return typed.startsWith("--") && names.includes(called) ? called : null;
}

export function exclusion(one: string, other: string): Problem {
  return usage(`${one} and ${other} cannot be combined`);
}

/** The error for a wrong number of operands; null where it is right. */
export function miscount(
  name: string,
  { verb, given }: { readonly verb: Verb; readonly given: readonly string[] },
): Problem | null {
  const { operands = [] } = verb;
  const line = usageLine(name, verb);
  const missing = operands.find(({ count }, index) => isNeeded(count) && given.length <= index);
  if (missing !== undefined)
    return usage(`${missing.name} is missing, wanted ${missing.help}`, `usage: ${line}`);
  const extra = given[operandRoom(operands)];
  return extra === undefined ? null : usage(`${quoted(extra)} is one word too many`, `usage: ${line}`);
}

function isNeeded(count: Operand["count"]): boolean {
  return count === "one" || count === "some";
}

export function operandRoom(operands: readonly Operand[]): number {
  const isOpen = operands.some(({ count }) => count === "any" || count === "some");
  return isOpen ? Number.POSITIVE_INFINITY : operands.length;
}

export function unknownSubcommand(
  name: string,
  { group, typed }: { readonly group: VerbGroup; readonly typed: string | undefined },
): Problem {
  const names = visible(group.subcommands).map(([key]) => key);
  const near = typed === undefined ? null : nearCommand(typed, names, new Set(group.grave));
  const found = typed === undefined ? "needs a subcommand" : `has no subcommand ${quoted(typed)}`;
  return usage(
    `"${name}" ${found}, wanted ${names.length > 1 ? "one of " : ""}${names.join(", ")}`,
    near === null ? `more: stint ${name} --help` : `did you mean \`stint ${name} ${near}\`?`,
  );
}

export function usageLine(name: string, { flags, operands = [], takesCommand }: Verb): string {
  const shown = operands.map(({ name: operand, count }) => {
    const many = count === "any" || count === "some" ? `${operand}…` : operand;
    return isNeeded(count) ? many : `[${many}]`;
  });
  const hasFlags = Object.keys(flags).length > 0 ? ["[FLAG…]"] : [];
  return ["stint", name, ...hasFlags, ...shown, ...(takesCommand ? ["[-- COMMAND…]"] : [])].join(" ");
}
