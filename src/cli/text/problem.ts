import { asLines } from "../../lib/printable.ts";
import type { Problem } from "../../model/errors.ts";

/** A problem as a person reads it: what is, what to do, and the code to look up. */
export function renderProblem({ code, message, faults, hint }: Problem): string {
  const advice = hint === undefined ? "" : asLines([`  ${hint}`]);
  return `${asLines([`stint: ${message} [${code}]`])}${faults === undefined ? "" : `\n${faults}\n`}${advice}`;
}
