import { settingsInForce } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { findSchedule, scheduleViews } from "../../desk/schedules.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Result } from "../../lib/result.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import { MAX_SLOT_LENGTH, NAME_PATTERN } from "../../model/identity.ts";
import { openHome } from "../../store/home.ts";
import {
  declareSubcommand,
  type Ended,
  type Operand,
  type ValueType,
  type VerbGroup,
} from "../command-line/declare.ts";
import { textValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inHome, inMadeHome } from "../in-home.ts";
import { addSchedules } from "../schedule-add.ts";
import { type Changed, removeSchedule, runSchedule, setPaused } from "../schedule-changes.ts";
import { jsonText } from "../text/json.ts";
import { SCHEDULE_COLUMN, scheduleJson, scheduleRows, showSchedule } from "../text/schedule.ts";
import { renderTable } from "../text/table.ts";

/** The name of a schedule, which is that of its file. */
const NAME: ValueType<string> = {
  placeholder: "NAME",
  wanted: `letters, digits, . _ and -, a letter first, ${MAX_SLOT_LENGTH} at most`,
  read: (typed) => (NAME_PATTERN.test(typed) && typed.length <= MAX_SLOT_LENGTH ? typed : null),
};

/** The text as typed, which is written into the file. */
const EVERY: ValueType<string> = {
  placeholder: "DURATION",
  wanted: "a duration of 1s or more, such as 6h",
  read: (typed) => ((parseDuration(typed) ?? 0) < 1_000 ? null : typed),
};

const NAMES = {
  name: "NAME",
  count: "some",
  help: "names of schedules, as `stint schedules ls` shows them",
  completes: "schedules",
} as const;

/** Of these, a shell offers only those that the subcommand changes. */
const FIRING = { ...NAMES, completes: "firingSchedules" } as const;
const PAUSED = { ...NAMES, completes: "pausedSchedules" } as const;

const add = declareSubcommand("add schedules from files, or one for a command", {
  operands: [
    { name: "FILE", count: "any", help: "schedule files, or a command after --", completes: "taskFiles" },
  ],
  takesCommand: true,
  flags: {
    name: { value: NAME, help: "name of the schedule (default: that of the file)" },
    cron: {
      value: textValue("EXPRESSION"),
      excludes: ["every"],
      help: 'five fields, as in "30 1 * * *", for the command after --',
    },
    every: { value: EVERY, help: "interval such as 6h, for the command after --" },
    force: { help: "overwrite a schedule of the same name" },
  },
  notes: "  stint schedules add nightly.yaml\n  stint schedules add --name tidy --every 6h -- make clean",
  run: inMadeHome(async ({ context, flags, operands: files, words }, layout) => {
    const settings = await settingsInForce(context, layout);
    if (!settings.ok) return settings.error;
    return addSchedules(context, layout, { files, words, flags, settings: settings.value });
  }),
});

const ls = declareSubcommand("list schedules with their next times", {
  flags: { json: { help: "print JSON" } },
  run: inHome(async ({ context, flags }, layout) => {
    const settings = await settingsInForce(context, layout);
    if (!settings.ok) return settings.error;
    const nowMs = context.clock.now();
    const views = scheduleViews(context, layout, settings.value);
    if (flags.json) context.out(jsonText(views.map(scheduleJson)));
    else if (views.length === 0) context.out("No schedules. To add one: stint schedules add FILE\n");
    else
      context.out(
        renderTable(scheduleRows(views, nowMs), { columns: context.columns(), shrinks: SCHEDULE_COLUMN }),
      );
    for (const { faults } of views) if (faults !== null && !flags.json) context.err(`\n${faults}\n`);
    return EXIT.done;
  }),
});

const show = declareSubcommand("show everything about schedules", {
  operands: [NAMES],
  flags: { json: { help: "print JSON" } },
  run: ({ context, flags, operands }) =>
    forEach(context, operands, ({ view }) => {
      context.out(flags.json ? jsonText(scheduleJson(view)) : showSchedule(view, context.clock.now()));
      return { ok: true, value: null };
    }),
});

/** A subcommand that changes each of the named schedules. */
const changing = (
  summary: string,
  change: (context: Context, changed: Changed) => Result<null, Problem> | Promise<Result<null, Problem>>,
  operand: Operand = NAMES,
) =>
  declareSubcommand(summary, {
    operands: [operand],
    flags: {},
    run: ({ context, operands }) => forEach(context, operands, (changed) => change(context, changed)),
  });

export const verb: VerbGroup = {
  fallback: "ls",
  subcommands: {
    add,
    ls,
    show,
    pause: changing("pause schedules until resumed", (context, one) => setPaused(context, one, true), FIRING),
    resume: changing("resume paused schedules", (context, one) => setPaused(context, one, false), PAUSED),
    rm: changing("remove schedules; their tasks stay", removeSchedule),
    run: changing("queue the tasks of schedules now", runSchedule),
  },
  aliases: {
    list: "ls",
    status: "ls",
    create: "add",
    new: "add",
    remove: "rm",
    delete: "rm",
    describe: "show",
    inspect: "show",
    info: "show",
    disable: "pause",
    enable: "resume",
    trigger: "run",
  },
  grave: ["rm"],
  notes: "A schedule is a file in schedules/ of the queue directory; `stint init nightly` writes an example.",
};

/** Applies `act` to each schedule in turn; stops at the first error. */
async function forEach(
  context: Context,
  names: readonly string[],
  act: (changed: Changed) => Result<null, Problem> | Promise<Result<null, Problem>>,
): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const settings = await settingsInForce(context, home.value);
  if (!settings.ok) return settings.error;
  const of = { layout: home.value, settings: settings.value };
  for (const name of names) {
    const view = findSchedule(context, home.value, { name, settings: settings.value });
    if (!view.ok) return view.error;
    const done = await act({ ...of, view: view.value });
    if (!done.ok) return done.error;
  }
  return EXIT.done;
}
