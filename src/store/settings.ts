import { lstatSync, readFileSync, statSync } from "node:fs";
import { withFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { type Problem, problem } from "../model/errors.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** A longer file is refused unread. */
const MAX_BYTES = 1_048_576;

export function readSettingsText(layout: Layout): Result<string | null, Problem> {
  const read = tryFs("read config.yaml", (): Result<string | null, string> => {
    // A dangling link is an error, not a home without settings.
    if (lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined) return ok(null);
    const { size } = statSync(layout.settings);
    if (size > MAX_BYTES) return err(`it is ${size} bytes long, wanted at most ${MAX_BYTES}`);
    const text = decodeUtf8(withFile(layout.settings, (file) => readFileSync(file)));
    return text.ok ? text : err(`${text.error}, wanted a file that is`);
  });
  if (!read.ok) return read;
  if (read.value.ok) return read.value;
  return err(problem("INVALID_TASK_FILE", `Cannot use "${layout.settings}": ${read.value.error}`));
}

/** Identifies a version of config.yaml by stat(2), where it is a link that of its target; null where there is none. Throws other errors. */
export function settingsStamp(layout: Layout): string | null {
  const stat = statSync(layout.settings, { throwIfNoEntry: false });
  if (stat === undefined)
    return lstatSync(layout.settings, { throwIfNoEntry: false }) === undefined ? null : "dangling";
  return `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
