import type { Settings } from "../intake/default-settings.ts";
import { MAX_JOBS } from "../intake/settings.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { SchedulingConfig } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { countFlag, pairsFlag } from "./flags.ts";
import { schedulingConfigOf } from "./scheduling-config.ts";
import { readSettings } from "./settings.ts";

/** What the command line says of a supervisor over its config.yaml. */
export interface SupervisorFlags {
  readonly jobs?: string;
  readonly label?: readonly string[];
}

/** The settings of a home, and the terms that they and the flags make. */
export async function readTerms(
  context: Context,
  layout: Layout,
  flags: SupervisorFlags,
): Promise<Result<{ readonly settings: Settings; readonly scheduling: SchedulingConfig }, Problem>> {
  const settings = await readSettings(context, layout);
  if (!settings.ok) return settings;
  const jobs = flags.jobs === undefined ? ok(undefined) : countFlag("jobs", flags.jobs, { most: MAX_JOBS });
  if (!jobs.ok) return jobs;
  const labels = pairsFlag("label", flags.label);
  if (!labels.ok) return labels;
  const scheduling = schedulingConfigOf(settings.value, { jobs: jobs.value, labels: labels.value });
  return ok({ settings: settings.value, scheduling });
}

/** The flags as words of a command line, for an `up` in the background. */
export function wordsOf({ jobs, label = [] }: SupervisorFlags): string[] {
  return [...(jobs === undefined ? [] : ["--jobs", jobs]), ...label.flatMap((pair) => ["--label", pair])];
}
