import { lstatSync, statSync } from "node:fs";
import { DEFAULT_SETTINGS, type Settings } from "../intake/default-settings.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";

/** A longer file is refused unread. */
const MAX_BYTES = 1_048_576;

/** The settings of a home; those of a home without a config.yaml are the defaults. */
export async function readSettings(caller: Caller, layout: Layout): Promise<Result<Settings, Problem>> {
  const text = tryFs("read config.yaml", () => {
    // A dangling link is an error, not a home without settings.
    if (lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined) return null;
    const { size } = statSync(layout.settings);
    return size > MAX_BYTES ? size : readRegularFile(layout.settings);
  });
  if (!text.ok) return text;
  if (text.value === null) return ok(DEFAULT_SETTINGS);
  if (typeof text.value === "number") {
    const message = `Cannot use "${layout.settings}": it is ${text.value} bytes long, wanted at most ${MAX_BYTES}`;
    return err(problem("INVALID_TASK_FILE", message));
  }
  // Most homes have no config.yaml, and to load the YAML reader is a good part of a command's start.
  const [{ parseSettings }, { renderDiagnostic }] = await Promise.all([
    import("../intake/settings.ts"),
    import("../intake/diagnostic.ts"),
  ]);
  const parsed = parseSettings(text.value, { file: layout.settings, userHome: caller.userHome });
  if (parsed.ok) return parsed;
  const faults = parsed.error.map(renderDiagnostic).join("\n\n");
  return err({
    ...problem("INVALID_TASK_FILE", "Cannot use the settings of this home: they have faults"),
    faults,
  });
}
