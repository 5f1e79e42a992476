import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";
import { all } from "../readers.ts";
import type { ScalarValue, Value } from "../value.ts";
import { splitWords } from "../words.ts";

/** A variable of a DAG or a step; without a name, a positional parameter. */
export interface Variable {
  readonly name: string | null;
  readonly text: string;
  readonly at: Value;
}

/** Variables in any of dagu's forms: a mapping, a list of mappings or of `NAME=value`, or a line of `NAME=value`. */
export function variablesIn(value: Value): Result<Variable[], Fault[]> {
  switch (value.type) {
    case "mapping": {
      const named = value.entries.map(({ key, value: at }) => variable(key, at));
      return allOf(named);
    }
    case "list":
      return allOf(
        value.items.map((item) => {
          if (item.type === "scalar") return ok([assigned(item.text, item)]);
          return isDeclared(item) ? declared(item) : variablesIn(item);
        }),
      );
    case "scalar": {
      const words = splitWords(value.text);
      if (!words.ok) return err([fault(value.span, `"${value.path}" cannot be split: ${words.error}`)]);
      return ok(words.value.map((word) => assigned(word, value)));
    }
  }
}

/** `NAME=value`, or a value alone. */
function assigned(whole: string, at: Value): Variable {
  const [, name, text = whole] = /^([A-Za-z_]\w*)=(.*)$/s.exec(whole) ?? [];
  return { name: name ?? null, text, at };
}

/** `{name: X, default: 1, type: string}`, as parameters may be declared. */
function isDeclared(item: Value): boolean {
  return item.type === "mapping" && item.entries.some(({ key }) => key === "name") && item.entries.length > 1;
}

function declared(item: Value): Result<Variable[], Fault[]> {
  const entries = item.type === "mapping" ? item.entries : [];
  const name = entries.find(({ key }) => key === "name")?.value;
  const given = entries.find(({ key }) => key === "default" || key === "value")?.value;
  if (name?.type !== "scalar" || given === undefined)
    return err([fault(item.span, "the parameter has no default, wanted one", "write default: VALUE")]);
  return variable(name.text, given);
}

function variable(name: string, at: Value): Result<Variable[], Fault[]> {
  return at.type === "scalar"
    ? ok([{ name, text: at.data === null ? "" : at.text, at }])
    : err([fault(at.span, `"${name}" is a ${at.type}, wanted a text`)]);
}

function allOf(results: readonly Result<Variable[], Fault[]>[]): Result<Variable[], Fault[]> {
  const read = all(results);
  return read.ok ? ok(read.value.flat()) : read;
}

/** What of a text dagu would fill in and stint cannot; null where there is nothing. */
export function foreignReference(text: string, at: Value): Fault | null {
  const [whole] = /\$\{[\w-]+(?:\.[\w-]+)+\}/.exec(text) ??
    /\$\{?(?:DAG_|DAGU_|ITEM\b)\w*\}?/.exec(text) ?? [null];
  if (whole === null) return null;
  const what = whole.includes(".") ? "is the output of another step" : "is set by dagu alone";
  return fault(at.span, `${whole} ${what}, which has no counterpart in stint`, "stint help environment");
}

/** A value of `env` as stint expands it: what is known now is filled in, `$NAME` becomes `${NAME}`. */
export function resolved(
  { text, at }: Pick<Variable, "text" | "at">,
  known: ReadonlyMap<string, string>,
): Result<string, Fault> {
  if (/`|\$\(/.test(text))
    return err(
      fault(
        at.span,
        `"${text}" runs a command, which has no counterpart in a variable`,
        "set it in the script",
      ),
    );
  const foreign = foreignReference(text, at);
  if (foreign !== null) return err(foreign);
  return ok(
    text.replaceAll(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? "";
      return known.get(name) ?? `\${${name}}`;
    }),
  );
}

/** The texts of a scalar or of a list of scalars; null where it is something else. */
export function textsIn(value: Value): readonly ScalarValue[] | null {
  const items = value.type === "list" ? value.items : [value];
  const scalars = items.filter((item) => item.type === "scalar");
  return scalars.length === items.length ? scalars : null;
}
