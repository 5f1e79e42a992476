import { lstatSync } from "node:fs";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { parseSettings, type Settings } from "../intake/settings.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Layout } from "../store/layout.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";

/** The settings of a home; those of a home without a config.yaml are the defaults. */
export function readSettings(context: Context, layout: Layout): Result<Settings, Problem> {
  const text = onDisk("read config.yaml", () =>
    // A link that leads nowhere is not a home without settings.
    lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined
      ? ""
      : readRegularFile(layout.settings),
  );
  if (!text.ok) return text;
  const parsed = parseSettings(text.value, { file: layout.settings, userHome: context.userHome });
  if (parsed.ok) return parsed;
  const faults = parsed.error.map(renderDiagnostic).join("\n");
  return err(problem("INVALID_TASK_FILE", `Cannot use the settings of this home:\n${faults}`));
}
