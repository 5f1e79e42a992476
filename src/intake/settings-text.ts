import { err, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Settings } from "./default-settings.ts";
import { renderDiagnostic } from "./diagnostic.ts";
import { parseSettings } from "./settings.ts";

/** The settings of a config.yaml; the problem has all its faults, each with line and column. */
export function settingsOfText(
  text: string,
  from: { readonly file: string; readonly userHome: string },
): Result<Settings, Problem> {
  const parsed = parseSettings(text, from);
  if (parsed.ok) return parsed;
  const faults = parsed.error.map(renderDiagnostic).join("\n\n");
  return err({
    ...problem("INVALID_TASK_FILE", "Cannot use the settings of this home: they have faults"),
    faults,
  });
}
