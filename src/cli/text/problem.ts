import { asLines } from "../../lib/printable.ts";
import type { Problem } from "../../model/errors.ts";
import { hanging } from "./wrap.ts";

/** A problem for display: what is wrong, its code, its faults, and what to do next, which may be a command to copy and does not wrap. */
export function renderProblem({ code, message, faults, hint }: Problem, columns: number): string {
  const advice = hint === undefined ? "" : asLines([`  ${hint}`]);
  return `${asLines(hanging("stint: ", `${message} [${code}]`, { columns, hang: 2 }))}${faults === undefined ? "" : `\n${faults}\n`}${advice}`;
}
