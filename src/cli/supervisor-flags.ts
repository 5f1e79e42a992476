import { schedulingConfigOf } from "../desk/scheduling-config.ts";
import { readSettings } from "../desk/settings.ts";
import type { Settings } from "../intake/default-settings.ts";
import { MAX_JOBS } from "../intake/settings.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { SchedulingConfig } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import type { FlagValues } from "./command-line/declare.ts";
import { PAIR, wholeNumber } from "./command-line/values.ts";
import type { Context } from "./context.ts";

export const JOBS = wholeNumber(1, MAX_JOBS);

/** The flags of a supervisor, which override its config.yaml. */
export const SUPERVISOR_FLAGS = {
  jobs: { value: JOBS, short: "j", help: "run at most N jobs at a time (default: one for each core)" },
  label: {
    value: PAIR,
    repeats: true,
    help: "a label of this supervisor, for the runnerSelector of tasks",
  },
} as const;

export type SupervisorFlags = FlagValues<typeof SUPERVISOR_FLAGS>;

/** The settings of a home, and the scheduling configuration that they and the flags make. */
export async function readTerms(
  context: Context,
  layout: Layout,
  { jobs, label = [] }: SupervisorFlags,
): Promise<Result<{ readonly settings: Settings; readonly scheduling: SchedulingConfig }, Problem>> {
  const settings = await readSettings(context, layout);
  if (!settings.ok) return settings;
  const scheduling = schedulingConfigOf(settings.value, { jobs, labels: Object.fromEntries(label) });
  return ok({ settings: settings.value, scheduling });
}

/** The flags as command line arguments, for an `up` in the background. */
export function supervisorArguments({ jobs, label = [] }: SupervisorFlags): string[] {
  return [
    ...(jobs === undefined ? [] : ["--jobs", String(jobs)]),
    ...label.flatMap((pair) => ["--label", pair.join("=")]),
  ];
}
