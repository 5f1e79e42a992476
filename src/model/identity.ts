import * as v from "valibot";

/** The longest id, and so the longest file name without its suffix (file systems allow 255 bytes). */
const MAX_ID_LENGTH = 240;
/** Names are shown in tables and are part of paths in `runs/`. */
export const MAX_NAME_LENGTH = 128;
/** Shorter numbers are padded with zeros. */
export const NUMBER_DIGITS = 6;

/** Names begin with a letter, so that no name can be mistaken for a number, a range or `@`. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9._-]*$/;
/** Numbers with more digits are not used: they could not be incremented exactly. */
const ID_PATTERN = /^(\d{6,12})-([A-Za-z][A-Za-z0-9._-]*)$/;

/** `000012-train`: the zero-padded number and the name; also the record's file name without `.json`. */
export const taskId = v.pipe(v.string(), v.maxLength(MAX_ID_LENGTH), v.regex(ID_PATTERN), v.brand("TaskId"));
export type TaskId = v.InferOutput<typeof taskId>;

/** The same check as the schema, fast enough for the names of a hundred thousand files. */
function isTaskId(text: string): text is TaskId {
  return text.length <= MAX_ID_LENGTH && ID_PATTERN.test(text);
}

export const taskName = v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH), v.regex(NAME_PATTERN));

const identifier = v.regex(/^[A-Za-z0-9._-]+$/, "wanted letters, digits, dots, dashes and underscores");
export const MAX_SLOT_LENGTH = 64;
/** The name of a lane. */
export const slotName = v.pipe(v.string(), v.maxLength(MAX_SLOT_LENGTH), identifier);
export const MAX_KEY_LENGTH = 128;
/** The key of `--unique`: of all unfinished tasks only one may have it. */
export const uniqueKey = v.pipe(v.string(), v.maxLength(MAX_KEY_LENGTH), identifier);

export const MAX_WORK_KEY_LENGTH = 256;
export const WORK_KEY_PATTERN = /^[A-Za-z0-9._/:=,@+-]+$/;
/** The key of a piece of work, such as `xsum/kl/seed3`: what has succeeded once is not queued again. */
export const workKey = v.pipe(v.string(), v.maxLength(MAX_WORK_KEY_LENGTH), v.regex(WORK_KEY_PATTERN));

/** A time on disk: RFC 3339 in UTC with milliseconds. */
export const instant = v.pipe(v.string(), v.isoTimestamp());

/** The id of a task from its number (≥ 1) and name. */
export function makeTaskId(number: number, name: string): TaskId {
  return v.parse(taskId, `${String(number).padStart(NUMBER_DIGITS, "0")}-${name}`);
}

/** The id in a record's file name; null where it is no such name. */
export function idFromFileName(fileName: string): TaskId | null {
  if (!fileName.endsWith(".json")) return null;
  const id = fileName.slice(0, -".json".length);
  return isTaskId(id) ? id : null;
}

export function numberOf(id: TaskId): number {
  return Number.parseInt(id, 10);
}

export function nameOf(id: TaskId): string {
  return id.slice(id.indexOf("-") + 1);
}

/** A valid name from any text (a command, a file name); `task` where nothing usable is left. */
export function nameFrom(text: string): string {
  const cleaned = text
    .replace(/[^A-Za-z0-9._]+/g, "-")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 40)
    .replace(/[-._]+$/, "");
  return cleaned === "" ? "task" : cleaned;
}
