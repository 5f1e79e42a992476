import { ok, type Result } from "../../lib/result.ts";
import { MAX_SLOT_LENGTH } from "../../model/identity.ts";
import { CATCH_UPS } from "../../model/schedule.ts";
import { ADMISSIONS } from "../../model/spec.ts";
import { type Fault, misfit, refuse } from "../fault.ts";
import { mapping } from "../mapping.ts";
import { identifier } from "../queue-readers.ts";
import { after, all, count, duration, oneOf, reader, text, yesOrNo } from "../readers.ts";
import { calendar, zoneName } from "../schedule-times.ts";
import { oneOrMany, type Schema, TEXT } from "../schema.ts";
import { absolutePath } from "../task-readers.ts";
import type { Value } from "../value.ts";

/** Firings of a second are a loop, not a schedule; cron's own step is a minute. */
const MIN_EVERY_MS = 1_000;
/** Far more than a window holds, and few enough to be queued in one go. */
const MAX_CAP = 10_000;

const everySpan = duration();
const period = reader(
  () => everySpan.schema,
  after(everySpan, (everyMs, value) => (everyMs >= MIN_EVERY_MS ? ok(everyMs) : misfit(value, "1s or more"))),
);

/** Each of them is asked for its next instant again and again. */
const MAX_EXPRESSIONS = 100;

const cronTexts = reader(
  () => ({ ...oneOrMany(TEXT), examples: ["30 1 * * *"] }),
  (value: Value): Result<string[], Fault[]> => {
    const texts = value.type === "list" ? value.items : [value];
    if (texts.length === 0) return refuse(value, 'is an empty list, wanted five fields such as "30 1 * * *"');
    if (texts.length > MAX_EXPRESSIONS)
      return refuse(value, `has ${texts.length} expressions, wanted ${MAX_EXPRESSIONS} at most`);
    return all(texts.map((one) => text(one)));
  },
);

const oneOrMoreTasks: Schema = {
  anyOf: [{ $ref: "#/$defs/task" }, { type: "array", items: { $ref: "#/$defs/task" }, minItems: 1 }],
};

/** The keys of a file of `schedules/`, with what the help says of them. */
export const SCHEDULE_KEYS = {
  cron: {
    read: cronTexts,
    about: "minute, hour, day, month, day of the week",
    more: "or `@daily` and the like; or a list of them",
  },
  every: {
    as: "everyMs",
    read: period,
    about: "a period such as 6h in place of cron",
    more: "counted from `from`, or from the creation of the schedule",
  },
  timeZone: { read: zoneName, about: "time zone of cron, from and until", without: "that of the machine" },
  task: {
    read: reader(oneOrMoreTasks, (value: Value) => ok(value)),
    about: "a task, or a list of them that is queued as a batch",
  },
  file: { read: absolutePath, about: "a task file or a script in place of `task`, read at each firing" },
  slot: {
    read: identifier(MAX_SLOT_LENGTH),
    about: "the lane of tasks without a slot",
    more: "so the tasks of a firing run one after another",
    without: "the name of the schedule",
  },
  overlap: {
    read: oneOf(ADMISSIONS),
    about: "if the last firing has not ended: dropIfRunning, queue or replace",
    without: "dropIfRunning",
  },
  catchUp: {
    read: oneOf(CATCH_UPS),
    about: "which missed firings are caught up: none, latest or all",
    without: "latest",
  },
  window: {
    as: "windowMs",
    read: duration(),
    about: "how late a missed firing is still caught up",
    without: "24h",
  },
  cap: { read: count(1, MAX_CAP), about: "how many firings are caught up at once", without: "100" },
  jitter: {
    as: "jitterMs",
    read: duration(0),
    about: "each firing is late by less than this",
    more: "the same for the same instant, and never past the next firing",
    without: "none",
  },
  from: { read: calendar, about: "the first date, or a time" },
  until: { read: calendar, about: "the last date, or a time", more: "`until: 2026-12-31` includes that day" },
  paused: {
    as: "isPaused",
    read: yesOrNo,
    about: "fires nothing",
    more: "firings missed while paused are not caught up",
    without: "false",
  },
} as const;

/** The words of other tools for these keys. */
const WORDS_OF_OTHERS = { tz: "timeZone", zone: "timeZone", schedule: "cron", interval: "every" } as const;

export const scheduleKeys = mapping(SCHEDULE_KEYS, { instead: WORDS_OF_OTHERS });
