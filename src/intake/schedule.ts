import { err, ok, type Result } from "../lib/result.ts";
import { localZone } from "../lib/zone.ts";
import { MAX_SLOT_LENGTH, NAME_PATTERN } from "../model/identity.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Draft } from "../model/submission.ts";
import type { SubmissionContext } from "./candidate.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Fault, fault, misfit, refuse } from "./fault.ts";
import { meaningOf } from "./key-names.ts";
import { scheduleKeys } from "./keys/schedule.ts";
import { text } from "./readers.ts";
import { orRecognized } from "./recognize/recognize.ts";
import { type CalendarTime, instantIn, zoneName } from "./schedule-times.ts";
import { documentDrafts } from "./submission.ts";
import {
  atTop,
  camelCase,
  describe,
  type Entry,
  isUnspecified,
  type MappingValue,
  type Value,
} from "./value.ts";
import { type Documents, readFileText } from "./yaml-text.ts";

const DEFAULT_CAP = 100;
const DEFAULT_WINDOW_MS = 24 * 3_600_000;

/** What a schedule queues: its own tasks, or a task file (an absolute path) that is read at each firing. */
type Work =
  | { readonly type: "tasks"; readonly drafts: readonly Draft[] }
  | { readonly type: "file"; readonly path: string };

export interface ScheduleFile {
  readonly schedule: Schedule;
  readonly work: Work;
  /** The lane of tasks that name none. */
  readonly slot: string;
}

export interface ScheduleContext extends SubmissionContext {
  /** The name of the schedule: that of its file without the ending. */
  readonly name: string;
  /** What is wrong with a cron expression in a zone, as a predicate of it, or null; the planner provides it. */
  readonly cronFault: (
    expression: string,
    at: { timeZone: string; nowMs: number },
  ) => { readonly what: string; readonly hint: string } | null;
}

/** Reads a file of `schedules/`, or returns all of its faults. */
export function readSchedule(fileText: string, context: ScheduleContext): Result<ScheduleFile, Diagnostic[]> {
  const source = { file: context.file, text: fileText };
  const read = readFileText(source, (documents, whole) => readDocuments(documents, { context, text: whole }));
  return orRecognized(read, source, "schedule");
}

function readDocuments(
  { values, faults }: Documents,
  { context, text: fileText }: { context: ScheduleContext; text: string },
): Result<ScheduleFile, Fault[]> {
  const [value, second] = values;
  const start = { start: 0, end: 1 };
  const found = [...faults, ...nameFaults(context.name)];
  if (second !== undefined)
    found.push(fault(second.span, "a second document, wanted one schedule", "list its tasks under task:"));
  if (value === undefined && faults.length === 0)
    found.push(
      fault(start, "the file contains no schedule", "write cron: and task:, see stint init nightly"),
    );
  if (value === undefined) return err(found);
  if (value.type === "mapping") {
    const stray = value.entries.filter(isTaskKey);
    found.push(
      ...stray.map(({ span, value: at }) =>
        fault(span, `"${at.path}" is a key of a task`, "put it under task:"),
      ),
    );
    const known = { ...value, entries: value.entries.filter((entry) => !stray.includes(entry)) };
    const made = makeSchedule(known, { context, text: fileText });
    return made.ok && found.length === 0 ? made : err([...found, ...(made.ok ? [] : made.error)]);
  }
  const read = scheduleKeys(value, context);
  return err([...found, ...(read.ok ? [] : read.error)]);
}

type Given = Extract<ReturnType<typeof scheduleKeys>, { ok: true }>["value"];

function makeSchedule(
  value: MappingValue,
  { context, text: fileText }: { context: ScheduleContext; text: string },
): Result<ScheduleFile, Fault[]> {
  const at = (key: string): Entry | undefined =>
    value.entries.find((entry) => camelCase(entry.key) === key && !isUnspecified(entry.value));
  const zoneAt = at("timeZone")?.value;
  const zoneRead = zoneAt === undefined ? null : zoneName(zoneAt, context);
  const zone = zoneRead?.ok ? zoneRead.value : localZone();
  const read = scheduleKeys(value, context);
  const given: Given = read.ok ? read.value : {};
  const whole = value.entries[0]?.span ?? value.span;
  const faults = [
    ...(read.ok ? [] : read.error),
    ...cronFaults(at("cron")?.value, { zone, context }),
    ...oneOfTwo(["cron", "every"], { at, whole, example: 'cron: "30 1 * * *" or every: 6h' }),
    ...oneOfTwo(["task", "file"], {
      at,
      whole,
      example: "task: with what to run, or file: with a task file",
    }),
  ];
  const bounds = boundsIn(given, { zone, at });
  faults.push(...bounds.faults);
  const taskAt = at("task");
  const drafts = taskAt === undefined ? ok([]) : readTasks(taskAt.value, { context, text: fileText });
  if (!drafts.ok) faults.push(...drafts.error);
  if (faults.length > 0 || !drafts.ok) return err(faults);
  const { everyMs = 0, overlap } = given;
  return ok({
    slot: given.slot ?? context.name,
    work:
      given.file === undefined ? { type: "tasks", drafts: drafts.value } : { type: "file", path: given.file },
    schedule: {
      timing:
        given.cron === undefined
          ? { type: "every", everyMs }
          : { type: "cron", expressions: given.cron.map((expression) => expression.trim()) },
      timeZone: zone,
      ...(overlap !== undefined && { overlap }),
      catchUp: given.catchUp ?? "latest",
      windowMs: given.windowMs ?? DEFAULT_WINDOW_MS,
      cap: given.cap ?? DEFAULT_CAP,
      jitterMs: given.jitterMs ?? 0,
      ...bounds.bounds,
      isPaused: given.isPaused ?? false,
    },
  });
}

/** A cron expression must have five fields and a next run in the zone. */
function cronFaults(
  value: Value | undefined,
  { zone, context }: { readonly zone: string; readonly context: ScheduleContext },
): Fault[] {
  const texts = value?.type === "list" ? value.items : value === undefined ? [] : [value];
  return texts.flatMap((one) => {
    const read = text(one);
    const wrong = read.ok ? context.cronFault(read.value, { timeZone: zone, nowMs: context.nowMs }) : null;
    return wrong === null ? [] : [fault(one.span, `"${one.path}" ${wrong.what}`, wrong.hint)];
  });
}

/** Dates are in the zone of the schedule, and the last one is included. */
function boundsIn(
  { from, until }: { readonly from?: CalendarTime; readonly until?: CalendarTime },
  { zone, at }: { zone: string; at: (key: string) => Entry | undefined },
): { bounds: Pick<Schedule, "fromMs" | "untilMs">; faults: Fault[] } {
  const fromMs = from === undefined ? undefined : instantIn(from, { timeZone: zone, isEnd: false });
  const untilMs = until === undefined ? undefined : instantIn(until, { timeZone: zone, isEnd: true });
  const isEmpty = fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs;
  const end = at("until");
  return {
    bounds: { ...(fromMs !== undefined && { fromMs }), ...(untilMs !== undefined && { untilMs }) },
    faults:
      isEmpty && end !== undefined
        ? [fault(end.value.span, `"until" is ${describe(end.value)}, wanted a time after "from"`)]
        : [],
  };
}

/** One task, or a list of them that is queued as a batch. */
function readTasks(
  value: Value,
  { context, text: fileText }: { context: ScheduleContext; text: string },
): Result<Draft[], Fault[]> {
  const tasks = value.type === "list" ? value.items : [value];
  if (tasks.length === 0) return refuse(value, "is an empty list, wanted at least one task");
  const drafts: Draft[] = [];
  const faults: Fault[] = [];
  for (const one of tasks) {
    const read =
      one.type === "mapping"
        ? documentDrafts(atTop(one), { context, text: fileText })
        : misfit(one, "a mapping with the fields of a task", "write run: COMMAND");
    if (read.ok) for (const draft of read.value) drafts.push(draft);
    else faults.push(...read.error);
  }
  return faults.length > 0 ? err(faults) : ok(drafts);
}

function oneOfTwo(
  [first, second]: readonly [string, string],
  { at, whole, example }: { at: (key: string) => Entry | undefined; whole: Fault["span"]; example: string },
): Fault[] {
  const [one, other] = [at(first), at(second)];
  if (one !== undefined && other !== undefined)
    return [fault(other.span, `"${second}" and "${first}" exclude each other, wanted one of them`)];
  if (one === undefined && other === undefined)
    return [fault(whole, `the schedule has neither ${first} nor ${second}, wanted one`, example)];
  return [];
}

/** True for a key of a task that is one level too high. */
function isTaskKey({ key }: Entry): boolean {
  if (OWN_KEYS.has(camelCase(key))) return false;
  const meaning = meaningOf(key).type;
  return meaning === "field" || meaning === "group" || meaning === "sweep" || meaning === "definition";
}

const OWN_KEYS: ReadonlySet<string> = new Set(["slot", "file", "task"]);

function nameFaults(name: string): Fault[] {
  if (NAME_PATTERN.test(name) && name.length <= MAX_SLOT_LENGTH) return [];
  const message = `the file's name "${name}" cannot be that of a schedule, wanted letters, digits, . _ and -, a letter first, ${MAX_SLOT_LENGTH} at most`;
  return [fault({ start: 0, end: 1 }, message, "rename the file")];
}
