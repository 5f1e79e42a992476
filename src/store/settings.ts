import { lstatSync, statSync } from "node:fs";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** A longer file is refused unread. */
const MAX_BYTES = 1_048_576;

export function readSettingsText(layout: Layout): Result<string | null, Problem> {
  const text = tryFs("read config.yaml", () => {
    // A dangling link is an error, not a home without settings.
    if (lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined) return null;
    const { size } = statSync(layout.settings);
    return size > MAX_BYTES ? size : readRegularFile(layout.settings);
  });
  if (!text.ok || typeof text.value !== "number") return text.ok ? ok(text.value as string | null) : text;
  const message = `Cannot use "${layout.settings}": it is ${text.value} bytes long, wanted at most ${MAX_BYTES}`;
  return err(problem("INVALID_TASK_FILE", message));
}

/** Identifies a version of config.yaml by stat(2), where it is a link that of its target; null where there is none. Throws other errors. */
export function settingsStamp(layout: Layout): string | null {
  const stat = statSync(layout.settings, { throwIfNoEntry: false });
  if (stat === undefined)
    return lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined ? null : "dangling";
  return `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
