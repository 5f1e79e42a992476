import { rmSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "../lib/sync-directory.ts";
import { replaceSynced } from "./durable.ts";
import type { Layout } from "./layout.ts";

/** Puts the file of a schedule into its place, whole; anybody may, as those who edit it by hand. */
export function putSchedule(layout: Layout, name: string, text: string): void {
  replaceScheduleFile(layout, join(layout.schedules, `${name}.yaml`), text);
}

/** The same for one that is there, whatever its ending. */
export function replaceScheduleFile(layout: Layout, path: string, text: string): void {
  replaceSynced(path, text, layout.tmp);
}

/** Takes the file of a schedule away; the supervisor forgets the rest. */
export function removeScheduleFile(layout: Layout, path: string): void {
  rmSync(path, { force: true });
  syncDirectory(layout.schedules);
}
