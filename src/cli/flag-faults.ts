import type { FieldFault } from "../intake/fields-typed.ts";
import type { Problem } from "../model/errors.ts";
import { usage } from "./command-line/usage.ts";

/** Faults in the values of flags or in `key=value`: there is no line of a file to point at. */
export function usageOf(faults: readonly FieldFault[]): Problem {
  const hints = new Set(faults.flatMap(({ hint }) => hint ?? []));
  const message = faults.map((fault) => fault.message).join("; ");
  return hints.size === 0 ? usage(message) : usage(message, [...hints].join("; "));
}
