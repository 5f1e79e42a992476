import { ok, type Result } from "../../lib/result.ts";
import { unenforceable } from "../../machine/limits.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";

/** Refuses drafts with limits that this machine cannot enforce, unless they are best effort. */
export function refuseUnenforceable(
  drafts: readonly Draft[],
  controllers: readonly string[],
): Result<null, Problem> {
  for (const { name, spec } of drafts) {
    if (spec.limits === undefined || spec.limits.bestEffort === true) continue;
    const names = unenforceable(spec.limits, controllers);
    if (names.length === 0) continue;
    const message = `Cannot queue "${name}": ${names.join(", ")} cannot be enforced on this machine`;
    return rejected("UNPLACEABLE", message, "stint doctor says why; limits.bestEffort: true runs it without");
  }
  return ok(null);
}
