import { existsSync } from "node:fs";
import { join } from "node:path";
import { draftsOfSchedule, parseSchedule } from "../daemon/schedules/load-schedule.ts";
import { settingsInForce } from "../desk/config-seen.ts";
import { homePath } from "../desk/home.ts";
import { loadOptions } from "../desk/schedules.ts";
import type { Settings } from "../intake/default-settings.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import type { Imported, ImportedFile, ImportReader } from "../intake/import/imported.ts";
import { readSubmission } from "../intake/submission.ts";
import { readTaskFile } from "../intake/task-text.ts";
import { counted } from "../lib/counted.ts";
import { asLines } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { localZone } from "../lib/zone.ts";
import { EXIT, type Problem, problem } from "../model/errors.ts";
import type { Schedule } from "../model/schedule.ts";
import { firstFirings } from "../plan/schedule.ts";
import { cronFault } from "../plan/timetable.ts";
import { createAll } from "../store/create-all.ts";
import { tryFs } from "../store/fs-errors.ts";
import { ensureHome } from "../store/home.ts";
import { Layout } from "../store/layout.ts";
import type { Ended, FlagValues } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import type { ImportSource } from "./import-source.ts";
import { importJson, showImport } from "./text/import.ts";
import { jsonText } from "./text/json.ts";

/** The flags of every format. */
export const IMPORT_FLAGS = {
  write: { help: "write the files; without it, they are only shown", excludes: ["dryRun"] },
  dryRun: { help: "write nothing, which is the default" },
  quiet: { short: "q", help: "print only the names" },
  json: { help: "print JSON, with the text of each file" },
} as const;

/** A file to be written, and what is known of it. */
export interface ReadyFile extends ImportedFile {
  readonly path: string;
  /** The schedule with its next firings, in ms since the epoch; null for a task file. */
  readonly schedule: { readonly rule: Schedule; readonly nextMs: readonly number[] } | null;
  /** True where a file with this text is there. */
  readonly isThere: boolean;
}

/** How many firings of a schedule are shown. */
const SHOWN = 3;

/** Reads a text of another tool, checks what it becomes as if it was written by hand, and shows or writes it: all of it or nothing. */
export async function importFiles(
  context: Context,
  flags: FlagValues<typeof IMPORT_FLAGS>,
  { source, read }: { readonly source: ImportSource; readonly read: ImportReader },
): Promise<Ended> {
  const layout = new Layout(homePath(context));
  const settings = await settingsInForce(context, layout);
  if (!settings.ok) return settings.error;
  const { clock, userHome } = context;
  const imported = read(source.text, {
    file: source.shown,
    userName: context.user(),
    userHome,
    nowMs: clock.now(),
    timeZone: localZone(),
    cronFault,
  });
  if (!imported.ok) return refusal(source, imported.error.map(renderDiagnostic));
  const ready = checked(context, { layout, settings: settings.value, imported: imported.value, source });
  if (!ready.ok) return ready.error;
  const files = ready.value;
  const written = flags.write === true ? write(context, files) : ok(null);
  if (!written.ok) return written.error;
  const told = { source: source.shown, imported: imported.value, files, isWritten: flags.write === true };
  if (flags.json === true) context.out(jsonText(importJson(told)));
  else if (flags.quiet === true) context.out(asLines(files.map(({ name }) => name)));
  else context.out(showImport(told, { nowMs: clock.now(), columns: context.columns() }));
  return EXIT.done;
}

function refusal({ shown }: ImportSource, faults: readonly string[]): Problem {
  const message = `Cannot import "${shown}": nothing was written, ${counted(faults.length, "fault")}`;
  return { ...problem("INVALID_TASK_FILE", message), faults: faults.join("\n\n") };
}

interface Checking {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly imported: Imported;
  readonly source: ImportSource;
}

/** The files with their places; the problem names all that are faulty, or else all whose name is taken. */
function checked(
  context: Context,
  { layout, settings, imported, source }: Checking,
): Result<ReadyFile[], Problem> {
  const ready: ReadyFile[] = [];
  const faults: string[] = [];
  const taken: string[] = [];
  for (const file of imported.files) {
    const made =
      file.type === "schedule"
        ? scheduleReady(context, { layout, settings, file })
        : tasksReady(context, { settings, file });
    if (!made.ok) {
      faults.push(made.error);
      continue;
    }
    if (isTaken(layout, made.value)) taken.push(file.name);
    ready.push(made.value);
  }
  if (faults.length > 0) return err(refusal(source, faults));
  if (taken.length === 0) return ok(ready);
  const names = taken.map((name) => `"${name}"`).join(", ");
  const message = `Cannot import "${source.shown}": nothing was written, as ${names} ${taken.length === 1 ? "exists" : "exist"} with another text`;
  const hint =
    "remove them (stint schedules rm NAME), or import from a copy with other comments above these lines";
  return err(problem("ALREADY_EXISTS", message, hint));
}

/** True where another file has the name. */
function isTaken(layout: Layout, { type, name, path, isThere }: ReadyFile): boolean {
  if (type === "tasks") return existsSync(path) && !isThere;
  return layout.scheduleFiles(name).some((file) => existsSync(file) && !(isThere && file === path));
}

function isSameText(path: string, text: string): boolean {
  if (!existsSync(path)) return false;
  const there = readTaskFile(path);
  return there.ok && there.value === text;
}

function scheduleReady(
  context: Context,
  { layout, settings, file }: { layout: Layout; settings: Settings; file: ImportedFile },
): Result<ReadyFile, string> {
  const { name, text } = file;
  const path = layout.scheduleFile(`${name}.yaml`);
  const options = loadOptions(context, settings);
  const read = parseSchedule(text, { path, name }, options);
  if (!read.ok) return read;
  const drafts = draftsOfSchedule(read.value, { path, name }, options);
  if (!drafts.ok) return err(drafts.error.message);
  const rule = read.value.schedule;
  const schedule = { rule, nextMs: firstFirings(rule, { nowMs: options.nowMs, count: SHOWN }) };
  return ok({ ...file, path, schedule, isThere: isSameText(path, text) });
}

function tasksReady(
  context: Context,
  { settings, file }: { settings: Settings; file: ImportedFile },
): Result<ReadyFile, string> {
  const { name, text } = file;
  const path = join(context.cwd, `${name}.yaml`);
  const read = readSubmission(text, {
    file: path,
    defaultName: name,
    defaultCwd: context.cwd,
    home: context.userHome,
    dataFolder: context.cwd,
    nowMs: context.clock.now(),
    ...(settings.defaults !== undefined && { defaults: settings.defaults }),
  });
  if (!read.ok) return err(read.error.map(renderDiagnostic).join("\n\n"));
  return ok({ ...file, path, schedule: null, isThere: isSameText(path, text) });
}

/** Files that are there with the same text stay: an import that is repeated changes nothing. */
function write(context: Context, files: readonly ReadyFile[]): Result<null, Problem> {
  const home = ensureHome(homePath(context));
  if (!home.ok) return home;
  const { tmp } = home.value;
  const missing = files.filter(({ isThere }) => !isThere);
  return tryFs("write what was imported", () => {
    createAll(
      missing.map(({ type, path, text }) => ({ path, text, tmp: type === "schedule" ? tmp : context.cwd })),
    );
    return null;
  });
}
