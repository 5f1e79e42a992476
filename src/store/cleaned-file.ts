import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { cleaned } from "../model/retention.ts";
import { replaceSynced } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** When the home was last cleaned up by itself, in ms since the epoch; null where that is not known. */
export function readCleaned(layout: Layout): number | null {
  const read = tryFs("read when it was cleaned up", () => readRegularFile(layout.cleaned));
  const found = read.ok ? parseJson(cleaned, read.value) : null;
  return found === null ? null : Date.parse(found.at);
}

/** Notes that the home was cleaned up; throws what the system refuses. */
export function noteCleaned(layout: Layout, at: string): void {
  replaceSynced(layout.cleaned, `${JSON.stringify({ at })}\n`, layout.tmp);
}
