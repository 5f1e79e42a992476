import type { Problem } from "../../model/errors.ts";

/** A problem as a person reads it: what is, what to do, and the code to look up. */
export function renderProblem({ code, message, hint }: Problem): string {
  const lines = [`stint: ${message} [${code}]`];
  if (hint !== undefined) lines.push(`  ${hint}`);
  return `${lines.join("\n")}\n`;
}
