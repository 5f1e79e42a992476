import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { draftsOfSchedule, parseSchedule } from "../daemon/schedules/load-schedule.ts";
import { loadOptions } from "../desk/schedules.ts";
import { tellOfTexts } from "../desk/text-notes.ts";
import type { Settings } from "../intake/default-settings.ts";
import { asLines } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { localZone } from "../lib/zone.ts";
import { EXIT, type Problem, problem } from "../model/errors.ts";
import { NAME_PATTERN } from "../model/identity.ts";
import { firstFirings } from "../plan/schedule.ts";
import { cronFault } from "../plan/timetable.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { putSchedule } from "../store/schedules.ts";
import type { Ended } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import type { Context } from "./context.ts";
import { readDrafts } from "./drafts.ts";
import { readNamedText } from "./named-text.ts";
import { describeTiming } from "./text/cron.ts";
import { nextInWords } from "./text/schedule.ts";

interface AddFlags {
  readonly name?: string;
  readonly cron?: string;
  readonly every?: string;
  readonly force?: true;
}

interface Added {
  readonly files: readonly string[];
  readonly words: readonly string[] | null;
  readonly flags: AddFlags;
  readonly settings: Settings;
}

/** Adds schedules to the home: files as they are, or one made of flags and a command. All are checked before the first is written. */
export async function addSchedules(context: Context, layout: Layout, added: Added): Promise<Ended> {
  const sources = await sourcesOf(context, added);
  if (!sources.ok) return sources.error;
  const options = loadOptions(context, added.settings);
  const lines: string[] = [];
  for (const { name, shown, text } of sources.value) {
    const read = parseSchedule(text, { path: shown, name }, options);
    if (!read.ok)
      return {
        ...problem("INVALID_TASK_FILE", `Cannot add the schedule "${name}": it has faults`),
        faults: read.error,
      };
    const drafts = draftsOfSchedule(read.value, { path: shown, name }, options);
    if (!drafts.ok) return drafts.error;
    const isThere = layout.scheduleFiles(name).some((path) => existsSync(path));
    if (isThere && added.flags.force !== true) {
      const hint = "overwrite it with --force, or use another name with --name";
      const message = `Cannot add the schedule "${name}": a schedule of that name exists`;
      return problem("ALREADY_EXISTS", message, hint);
    }
    const { schedule } = read.value;
    const { nowMs } = options;
    const next = firstFirings(schedule, { nowMs, count: 1 });
    await tellOfTexts(context, drafts.value);
    lines.push(`${name}: ${describeTiming(schedule.timing)}, ${nextInWords(next, nowMs)}`);
  }
  for (const [index, { name, text }] of sources.value.entries()) {
    const put = tryFs(`add the schedule "${name}"`, () => putSchedule(layout, name, text));
    if (!put.ok) return put.error;
    context.out(asLines([lines[index] ?? ""]));
  }
  return EXIT.done;
}

interface Source {
  readonly name: string;
  /** Its name in messages. */
  readonly shown: string;
  readonly text: string;
}

async function sourcesOf(
  context: Context,
  { files, words, flags }: Added,
): Promise<Result<Source[], Problem>> {
  if (words !== null && files.length === 0) return sourceOfCommand(context, words, flags);
  if (words !== null || files.length === 0 || (flags.name !== undefined && files.length > 1)) {
    const message = "Cannot add a schedule: wanted files, or -- COMMAND with --name and --cron or --every";
    const [name = ""] = files;
    const isName =
      words !== null && flags.name === undefined && files.length === 1 && NAME_PATTERN.test(name);
    return err(
      problem(
        "USAGE",
        message,
        isName ? `did you mean --name ${name}?` : "stint init nightly writes an example",
      ),
    );
  }
  const idle = flags.cron === undefined ? (flags.every === undefined ? null : "--every") : "--cron";
  if (idle !== null)
    return err(usage(`${idle} is for a command after --; the file "${files[0]}" has its own times`));
  const sources: Source[] = [];
  for (const file of files) {
    const text = readNamedText(context, file);
    if (!text.ok) return text;
    sources.push({ name: flags.name ?? basename(file, extname(file)), shown: file, text: text.value });
  }
  return ok(sources);
}

/** The schedule file for a command and its flags; the flags are checked as typed, so that messages name them. */
async function sourceOfCommand(
  context: Context,
  words: readonly string[],
  { name, cron, every }: AddFlags,
): Promise<Result<Source[], Problem>> {
  if (name === undefined || (cron === undefined && every === undefined)) {
    const message = "Cannot add a schedule of a command: wanted --name, and --cron or --every";
    return err(problem("USAGE", message, "stint schedules add --name tidy --every 6h -- make clean"));
  }
  const wrong =
    cron === undefined ? null : cronFault(cron, { timeZone: localZone(), nowMs: context.clock.now() });
  if (wrong !== null) {
    const hint = wrong.every === undefined ? wrong.hint : `for a period: --every ${wrong.every}`;
    return err(usage(`--cron ${wrong.what}`, hint));
  }
  const drafts = await readDrafts(context, { files: [], words, fields: [], options: [] });
  if (!drafts.ok) return drafts;
  // JSON is valid YAML; one key per line is easier to edit.
  const keys = { ...(cron === undefined ? { every } : { cron }), task: { command: words, cwd: context.cwd } };
  const lines = Object.entries(keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  return ok([{ name, shown: "the command line", text: lines.join("") }]);
}
