import { existsSync, readFileSync } from "node:fs";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { parseSettings, type Settings } from "../intake/settings.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Layout } from "../store/layout.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";

/** More jobs than this at a time is a slip of the finger. */
const MAX_JOBS = 1_000;

/** The settings of a home; those of a home without a config.yaml are the defaults. */
export function readSettings(context: Context, layout: Layout): Result<Settings, Problem> {
  const text = onDisk("read config.yaml", () =>
    existsSync(layout.settings) ? readFileSync(layout.settings, "utf8") : "",
  );
  if (!text.ok) return text;
  const parsed = parseSettings(text.value, { file: layout.settings, userHome: context.userHome });
  if (parsed.ok) return parsed;
  const faults = parsed.error.map(renderDiagnostic).join("\n");
  return err(problem("INVALID_TASK_FILE", `Cannot use the settings of this home:\n${faults}`));
}

/** The number of jobs at a time: the flag, else the settings, else absent for one a core. */
export function readJobs(flag: string | undefined, settings: Settings): Result<number | undefined, Problem> {
  if (flag === undefined) return ok(settings.jobs);
  const jobs = Number(flag);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= MAX_JOBS) return ok(jobs);
  return err(problem("USAGE", `Cannot run --jobs "${flag}": wanted a whole number from 1 to ${MAX_JOBS}`));
}
