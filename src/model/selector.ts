import * as v from "valibot";
import { own } from "../lib/own.ts";

const values = v.pipe(v.array(v.string()), v.minLength(1));
const key = v.pipe(v.string(), v.minLength(1));

/** One requirement on the labels of a supervisor; NotIn also matches an absent label, as in Kubernetes. */
const requirement = v.variant("operator", [
  v.strictObject({ key, operator: v.literal("In"), values }),
  v.strictObject({ key, operator: v.literal("NotIn"), values }),
  v.strictObject({ key, operator: v.literal("Exists") }),
  v.strictObject({ key, operator: v.literal("DoesNotExist") }),
]);
export type Requirement = v.InferOutput<typeof requirement>;

/** Requirements that must all hold. */
export const selector = v.array(requirement);
export type Selector = v.InferOutput<typeof selector>;

/** The first requirement that the labels do not meet; null where they meet all. */
export function unmet(wanted: Selector, labels: Readonly<Record<string, string>>): Requirement | null {
  return wanted.find((one) => !isMet(one, labels)) ?? null;
}

function isMet(wanted: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = own(labels, wanted.key);
  switch (wanted.operator) {
    case "In":
      return value !== undefined && wanted.values.includes(value);
    case "NotIn":
      return value === undefined || !wanted.values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** A requirement in the syntax of kubectl: `pool=night`, `pool in (a, b)`, `!pool`. */
export function describeRequirement(wanted: Requirement): string {
  switch (wanted.operator) {
    case "In":
      return wanted.values.length === 1
        ? `${wanted.key}=${wanted.values[0]}`
        : `${wanted.key} in (${wanted.values.join(", ")})`;
    case "NotIn":
      return wanted.values.length === 1
        ? `${wanted.key}!=${wanted.values[0]}`
        : `${wanted.key} not in (${wanted.values.join(", ")})`;
    case "Exists":
      return wanted.key;
    case "DoesNotExist":
      return `!${wanted.key}`;
  }
}
