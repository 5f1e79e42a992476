import type { Terms } from "../daemon/config/live-config.ts";
import { overridesSeen } from "../desk/control.ts";
import { readSettingsFile } from "../desk/settings.ts";
import { MAX_JOBS } from "../intake/settings.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Layout } from "../store/layout.ts";
import type { FlagValues } from "./command-line/declare.ts";
import { PAIR, wholeNumber } from "./command-line/values.ts";
import type { Context } from "./context.ts";

export const JOBS = wholeNumber(1, MAX_JOBS);

/** The port of the API; no service of IANA has it, and no usual tool for jobs. */
export const USUAL_PORT = 7468;
export const MAX_PORT = 65_535;

/** The flags of a supervisor, which override its config.yaml. */
export const SUPERVISOR_FLAGS = {
  jobs: { value: JOBS, short: "j", help: "run at most N jobs at a time (default: one for each core)" },
  label: { value: PAIR, repeats: true, help: "label this supervisor, for `runnerSelector` of tasks" },
  serve: { help: "answer HTTP requests too, by a `stint serve` beside it" },
  servePort: {
    value: wholeNumber(0, MAX_PORT),
    help: `the same on this port, 0 for any free one (default: ${USUAL_PORT})`,
  },
} as const;

export type SupervisorFlags = FlagValues<typeof SUPERVISOR_FLAGS>;

/** What a supervisor starts with: the settings of the home, and the flags. */
export async function readTerms(
  context: Context,
  layout: Layout,
  { jobs, label = [] }: SupervisorFlags,
): Promise<Result<Terms, Problem>> {
  tellOfChangedJobs(context, layout, jobs);
  const read = await readSettingsFile(context, layout);
  return read.ok ? ok({ ...read.value, flags: { jobs, labels: Object.fromEntries(label) } }) : read;
}

/** A flag that has no effect, as the limit was changed at run time, is said to have none. */
function tellOfChangedJobs(context: Context, layout: Layout, jobs: number | undefined): void {
  const changed = overridesSeen(layout, null).overrides.lasting.jobs;
  if (jobs === undefined || changed === undefined || changed === jobs) return;
  context.err(
    `stint: --jobs ${jobs} is not used: stint jobs set ${changed}. To drop that: stint jobs --reset\n`,
  );
}

/** The flags as command line arguments, for an `up` in the background. */
export function supervisorArguments({ jobs, label = [], serve, servePort }: SupervisorFlags): string[] {
  return [
    ...(jobs === undefined ? [] : ["--jobs", String(jobs)]),
    ...label.flatMap((pair) => ["--label", pair.join("=")]),
    ...(serve === undefined ? [] : ["--serve"]),
    ...(servePort === undefined ? [] : ["--serve-port", String(servePort)]),
  ];
}
