import * as v from "valibot";

/** What JSON has no number for; Python writes them as NaN and Infinity. */
const NOT_FINITE = ["nan", "inf", "-inf"] as const;

/** A measured number, as records keep it. */
export const measure = v.union([v.number(), v.picklist(NOT_FINITE)]);
export type Measure = v.InferOutput<typeof measure>;

/** The measure of a value of JSON: a number, or its text, as a shell writes it; null for any other value. */
export function measureOf(value: unknown): Measure | null {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const isText = typeof value === "string" && value.trim() !== "";
  if (typeof value !== "number" && !isText) return null;
  const word = String(value).trim().toLowerCase().replace("infinity", "inf").replace(/^\+/, "");
  const named = NOT_FINITE.find((one) => one === word);
  if (named !== undefined) return named;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
