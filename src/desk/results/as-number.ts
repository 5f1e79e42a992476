const NAMED: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};
const DECIMAL = /^[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:e[-+]?\d{1,4})?$/i;

/** A value as a number: records have `nan` and `inf` as texts, and the values of a sweep are texts. Null for any other value. */
export function asNumber(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  if (Object.hasOwn(NAMED, value)) return NAMED[value] ?? null;
  return DECIMAL.test(value) ? Number(value) : null;
}
