/*
 * The rules of `fail:`. A rule is `nan`, `inf` (of either sign), or a comparison with a number, such as `> 10`. It holds for a number
 * alone: a text, a missing value and, but for `nan`, a NaN fulfil no rule.
 */

const RULE = /^\s*(?:(nan|inf)|(<=|>=|==|!=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?))\s*$/i;

/** What a rule may be, for messages. */
export const WANTED_RULE = "nan, inf, or a comparison such as > 10";
/** The same as a pattern of a JSON Schema, which knows no flags. */
export const RULE_PATTERN =
  "^\\s*([nN][aA][nN]|[iI][nN][fF]|(<=|>=|==|!=|<|>)\\s*[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?)\\s*$";

/** A rule in the form of records; null for any other text. */
export function failRule(typed: string): string | null {
  const [whole, word, operator = "", number = ""] = RULE.exec(typed) ?? [];
  if (whole === undefined) return null;
  if (word !== undefined) return word.toLowerCase();
  return Number.isFinite(Number(number)) ? `${operator} ${Number(number)}` : null;
}

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right && !Number.isNaN(left),
};

/** True where a value fulfils a rule of a record. */
export function holdsFor(rule: string, value: unknown): boolean {
  const number = numberIn(value);
  if (number === null) return false;
  if (rule === "nan") return Number.isNaN(number);
  if (rule === "inf") return Math.abs(number) === Number.POSITIVE_INFINITY;
  const [operator = "", right = ""] = rule.split(" ");
  return COMPARISONS[operator]?.(number, Number(right)) ?? false;
}

const NOT_FINITE: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

/** A measured number as a number, which `nan` and `inf` are too; null for anything else. */
export function numberIn(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && Object.hasOwn(NOT_FINITE, value) ? (NOT_FINITE[value] ?? null) : null;
}
