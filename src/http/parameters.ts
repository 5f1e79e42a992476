import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { STATES, type State } from "../model/state.ts";

/** One parameter of a path or a query: how its text is read, and what the description of the API says of it. */
export interface Parameter<T = unknown> {
  readonly about: string;
  /** What a fault says after "wanted". */
  readonly wanted: string;
  /** Its JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Null for a text that is not valid. */
  readonly read: (text: string) => T | null;
  readonly default?: T;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** The values of parameters; one without a default may be absent. */
export type ParameterValues<P extends Parameters> = {
  readonly [K in keyof P as P[K] extends { readonly default: unknown } ? K : never]: ValueOf<P[K]>;
} & { readonly [K in keyof P as P[K] extends { readonly default: unknown } ? never : K]?: ValueOf<P[K]> };

type ValueOf<P extends Parameter> = P extends Parameter<infer T> ? T : never;

/** Reads the parameters of a query; the error names every fault, each as a clause. */
export function readQuery<P extends Parameters>(
  parameters: P,
  query: URLSearchParams,
): Result<ParameterValues<P>, string> {
  const names = Object.keys(parameters);
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const parameter = own(parameters, name);
    if (parameter === undefined) faults.push(unknownName(name, names));
    else if (query.getAll(name).length > 1) faults.push(`"${name}" is given twice, wanted once`);
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    const text = query.get(name);
    if (text === null) {
      if (parameter.default !== undefined) values[name] = parameter.default;
      continue;
    }
    const value = parameter.read(text);
    if (value === null) faults.push(`"${name}" is "${clipped(text)}", wanted ${parameter.wanted}`);
    else values[name] = value;
  }
  // The values are those that the parameters have read.
  return faults.length > 0 ? err(faults.join("; ")) : ok(values as ParameterValues<P>);
}

function unknownName(name: string, names: readonly string[]): string {
  const near = closest(name, names);
  if (near !== null) return `"${clipped(name)}" is not known, did you mean "${near}"?`;
  return `"${clipped(name)}" is not known, wanted ${names.length === 0 ? "no parameter" : names.join(", ")}`;
}

function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function numberParameter(from: number, to: number, about: string): Parameter<number> {
  return {
    about,
    wanted: `a whole number from ${from} to ${to}`,
    schema: { type: "integer", minimum: from, maximum: to },
    read: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= from && value <= to ? value : null;
    },
  };
}

export function textParameter(about: string, wanted: string): Parameter<string> {
  return {
    about,
    wanted,
    schema: { type: "string", minLength: 1, maxLength: MAX_TEXT },
    read: (text) => (text === "" || text.length > MAX_TEXT ? null : text),
  };
}

const MAX_TEXT = 256;

/** One of some words. */
export function wordParameter<const W extends string>(words: readonly W[], about: string): Parameter<W> {
  return {
    about,
    wanted: `one of ${words.join(", ")}`,
    schema: { type: "string", enum: words },
    read: (text) => words.find((word) => word === text) ?? null,
  };
}

/** One state, or several with commas between them. */
export const STATES_PARAMETER: Parameter<readonly State[]> = {
  about: "only tasks in one of these states, with commas between them",
  wanted: `${STATES.join(", ")}, or several of these with commas between them`,
  schema: { type: "string", examples: ["queued,running"] },
  read: (text) => {
    const states = text.split(",").map((word) => STATES.find((state) => state === word));
    return states.includes(undefined) ? null : states.filter((state) => state !== undefined);
  },
};

export const LABEL_PARAMETER: Parameter<Readonly<Record<string, string>>> = {
  about: "only tasks with this label",
  wanted: "NAME=VALUE",
  schema: { type: "string", pattern: "^[^=]+=.*$" },
  read: (text) => {
    const cut = text.indexOf("=");
    return cut < 1 ? null : { [text.slice(0, cut)]: text.slice(cut + 1) };
  },
};
