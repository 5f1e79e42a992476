import type { FieldFault } from "../intake/fields-typed.ts";
import type { Problem } from "../model/errors.ts";
import { usage } from "./command-line/usage.ts";

/** The error for faults in values of flags or in `key=value`, which have no line in a file. */
export function usageOf(faults: readonly FieldFault[]): Problem {
  const hints = new Set(faults.flatMap(({ hint }) => hint ?? []));
  const message = [...new Set(faults.map((fault) => fault.message))].join("; ");
  return hints.size === 0 ? usage(message) : usage(message, [...hints].join("; "));
}
