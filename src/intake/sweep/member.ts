import { err, ok, type Result } from "../../lib/result.ts";
import { valueVariable } from "../../model/group.ts";
import { type Fault, fault, type Source } from "../fault.ts";
import { IMPOSSIBLE_KEYS } from "../schema.ts";
import type { Span } from "../value.ts";

/** One combination of values, and its place. */
export interface Member {
  readonly values: Readonly<Record<string, string>>;
  readonly span: Span;
  /** The data file of the span. */
  readonly source?: Source;
}

/** The word before the dot in `${{ matrix.lr }}`. */
export type MemberKind = "matrix" | "each" | "array";

/** The fault of a name of values, as a clause, or null. */
export function nameFault(name: string): string | null {
  if (name === "") return "is empty, wanted a name";
  if (IMPOSSIBLE_KEYS.includes(name)) return "is not a valid name here, wanted another one";
  return /[{}\0\n]/.test(name) || name !== name.trim()
    ? "is not a valid name here, wanted one without braces and spaces around it"
    : null;
}

/** Each member has a variable for each name, and all in its record. */
const MAX_NAMES = 1_000;

/** The names of the values of a sweep, each once. */
export class Names {
  readonly #known: Set<string>;
  readonly #byVariable: Map<string, string>;

  constructor(known: Iterable<string> = []) {
    this.#known = new Set(known);
    this.#byVariable = new Map([...this.#known].map((name) => [valueVariable(name), name]));
  }

  get size(): number {
    return this.#known.size;
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** Adds a name, or returns its fault as a clause. */
  add(name: string): string | null {
    const wrong = nameFault(name);
    if (wrong !== null) return wrong;
    if (this.#known.has(name)) return "is given twice";
    const variable = valueVariable(name);
    const alike = this.#byVariable.get(variable);
    if (alike !== undefined) return `is too similar to "${alike}": both would be ${variable} for the job`;
    if (this.#known.size === MAX_NAMES) return `exceeds the limit of ${MAX_NAMES} names`;
    this.#known.add(name);
    this.#byVariable.set(variable, name);
    return null;
  }
}

/** Refuses members with the same values, as their results could not be told apart. */
export function withoutTwins(members: readonly Member[]): Result<readonly Member[], Fault[]> {
  const seen = new Map<string, number>();
  for (const [index, member] of members.entries()) {
    const values = JSON.stringify(Object.entries(member.values).toSorted(byName));
    const first = seen.get(values);
    if (first === undefined) {
      seen.set(values, index);
      continue;
    }
    const message = `member ${index + 1} has the same values as member ${first + 1}: ${describeValues(member.values)}`;
    const hint = "leave one out; for repetitions add a key such as seed: 1-3";
    const twin = fault(member.span, message, hint);
    return err([member.source === undefined ? twin : { ...twin, source: member.source }]);
  }
  return ok(members);
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1;
}

const SHOWN_VALUES = 4;
const SHOWN_CHARACTERS = 24;

/** Values in a message: `lr=0.1, seed=2`. */
export function describeValues(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => {
    const text = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
    return `${name}=${/^[\w.+-]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  return pairs.length > SHOWN_VALUES ? `${pairs.slice(0, SHOWN_VALUES).join(", ")}, …` : pairs.join(", ");
}
