import { asLines } from "../../lib/printable.ts";
import type { Problem } from "../../model/errors.ts";

/** A problem for display: what is wrong, its code, its faults, and what to do next. */
export function renderProblem({ code, message, faults, hint }: Problem): string {
  const advice = hint === undefined ? "" : asLines([`  ${hint}`]);
  return `${asLines([`stint: ${message} [${code}]`])}${faults === undefined ? "" : `\n${faults}\n`}${advice}`;
}
