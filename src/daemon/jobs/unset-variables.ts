import { ok, type Result } from "../../lib/result.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { describeUnset, environmentOfKind } from "../../run/environment.ts";
import { readSources } from "../../run/secrets.ts";

/** Variables that stint sets when a job starts. */
const OF_START = /^STINT_|_VISIBLE_DEVICES$/;

/** Refuses drafts whose `env` needs variables that their submitter has not set; files of an inbox have no submitter. */
export function refuseUnsetVariables(
  drafts: readonly Draft[],
  submitter: Readonly<Record<string, string>> | undefined,
): Result<null, Problem> {
  if (submitter === undefined) return ok(null);
  for (const { name, group, spec } of drafts) {
    const { kind } = spec;
    // The members of a sweep name the same variables.
    if (kind.expands === undefined || (group !== undefined && group.index > 1)) continue;
    const sources = readSources(kind.envFrom ?? [], submitter);
    const { unset } = environmentOfKind(kind, {
      captured: submitter,
      sources: sources.ok ? sources.value : {},
      isInImage: kind.type === "container",
    });
    const missing = unset.find(({ needed }) => !OF_START.test(needed));
    if (missing !== undefined)
      return rejected(
        "INVALID_TASK_FILE",
        `Cannot queue "${name}": ${describeUnset(missing)}`,
        "stint help environment",
      );
  }
  return ok(null);
}
