import { ok, type Result } from "../../lib/result.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { describeUnset, environmentOfKind } from "../../run/environment.ts";
import { readSources } from "../../run/secrets.ts";

type Variables = Readonly<Record<string, string>>;

/** Variables that stint sets when a job starts, those of Slurm for a job that asks for them. */
const OF_START = /^STINT_|_VISIBLE_DEVICES$/;
const OF_SLURM = /^SLURM_/;

/**
 * Refuses drafts whose `envFrom` cannot be read now, or whose `env` needs variables that their submitter has not set. Files of an inbox
 * have no submitter.
 */
export function refuseUnusableEnvironment(
  drafts: readonly Draft[],
  submitter: Variables | undefined,
): Result<null, Problem> {
  // The members of a sweep name the same files.
  const known = new Map<string, ReturnType<typeof readSources>>();
  for (const draft of drafts) {
    const wanted = (draft.spec.kind.envFrom ?? []).filter((one) => submitter !== undefined || "file" in one);
    const sources = known.getOrInsertComputed(JSON.stringify(wanted), () =>
      readSources(wanted, submitter ?? {}),
    );
    const why = sources.ok ? unsetIn(draft, submitter, sources.value) : sources.error;
    if (why === null) continue;
    const hint = sources.ok ? "stint help environment" : undefined;
    return rejected("INVALID_TASK_FILE", `Cannot queue "${draft.name}": ${why}`, hint);
  }
  return ok(null);
}

function unsetIn(
  { group, spec }: Draft,
  submitter: Variables | undefined,
  sources: Variables,
): string | null {
  const { kind, slurm } = spec;
  // The members of a sweep name the same variables.
  const isTold = group !== undefined && group.index > 1;
  if (submitter === undefined || kind.expands === undefined || isTold) return null;
  const isInImage = kind.type === "container";
  const { unset } = environmentOfKind(kind, { captured: submitter, sources, isInImage });
  const isSetLater = (name: string): boolean =>
    OF_START.test(name) || (slurm !== undefined && OF_SLURM.test(name));
  const missing = unset.find(({ needed }) => !isSetLater(needed));
  return missing === undefined ? null : describeUnset(missing);
}
