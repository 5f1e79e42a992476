import { dirname } from "node:path";
import type { Defaults, SubmissionContext } from "../../intake/candidate.ts";
import { renderDiagnostic } from "../../intake/diagnostic.ts";
import { readSchedule, type ScheduleFile } from "../../intake/schedule.ts";
import { readTaskOrScript } from "../../intake/script/task-or-script.ts";
import { readTaskFile } from "../../intake/task-text.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { cronFault } from "../../plan/timetable.ts";

/** What the tasks of a schedule are read against. */
export interface LoadOptions {
  readonly defaults?: Defaults | undefined;
  /** Jobs of schedules run in the user's home directory. */
  readonly userHome: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Looks definitions up. */
  readonly definition: NonNullable<SubmissionContext["definition"]>;
}

/** A schedule file by its path and the name of its schedule. */
export interface ScheduleSource {
  readonly path: string;
  readonly name: string;
}

/** Reads a file of `schedules/`; the error is its faults as text, all at once. */
export function loadSchedule(
  source: ScheduleSource,
  options: LoadOptions,
): Result<ScheduleFile & { text: string }, string> {
  const text = readTaskFile(source.path);
  if (!text.ok) return text;
  const read = parseSchedule(text.value, source, options);
  return read.ok ? ok({ ...read.value, text: text.value }) : read;
}

/** The same of a text. */
export function parseSchedule(
  fileText: string,
  { path, name }: ScheduleSource,
  options: LoadOptions,
): Result<ScheduleFile, string> {
  const read = readSchedule(fileText, { ...contextOf(path, name, options), name, cronFault });
  return read.ok ? read : err(read.error.map(renderDiagnostic).join("\n\n"));
}

/** The tasks of a firing now. The text is read again, as it may say `notBefore: 2h`; where it has faults by now, it is read as at `readMs`. */
export function draftsOfFiring(
  { text, path, name, readMs }: ScheduleSource & { readonly text: string; readonly readMs: number },
  options: LoadOptions,
): Result<Draft[], Problem> {
  const source = { path, name };
  const now = parseSchedule(text, source, options);
  const read = now.ok ? now : parseSchedule(text, source, { ...options, nowMs: readMs });
  if (read.ok) return draftsOfSchedule(read.value, source, options);
  const refused = problem("INVALID_TASK_FILE", `Cannot queue the schedule "${name}": its file has faults`);
  return err({ ...refused, faults: read.error });
}

/** The tasks that a schedule queues now, in its lane and with its way to meet a busy one. */
export function draftsOfSchedule(
  { work, slot, schedule }: ScheduleFile,
  { path, name }: ScheduleSource,
  options: LoadOptions,
): Result<Draft[], Problem> {
  const drafts =
    work.type === "tasks" ? ok([...work.drafts]) : draftsOfFile(work.path, { path, name, options });
  if (!drafts.ok) return drafts;
  return ok(
    drafts.value.map((draft) => {
      const { spec } = draft;
      const admission = schedule.overlap ?? spec.admission ?? "dropIfRunning";
      return { ...draft, spec: { ...spec, slot: spec.slot ?? slot, admission } };
    }),
  );
}

function draftsOfFile(
  file: string,
  { name, options }: { path: string; name: string; options: LoadOptions },
): Result<Draft[], Problem> {
  const refusal = (reason: string): Problem =>
    problem("INVALID_TASK_FILE", `Cannot use "${file}" for the schedule "${name}": ${reason}`);
  const text = readTaskFile(file);
  if (!text.ok) return err(refusal(text.error));
  const read = readTaskOrScript(text.value, contextOf(file, name, options));
  if (read.ok) return read;
  const faults = read.error.map(renderDiagnostic).join("\n\n");
  return err({ ...refusal("it has faults"), faults });
}

function contextOf(path: string, name: string, { userHome, defaults, nowMs, definition }: LoadOptions) {
  return {
    file: path,
    defaultCwd: userHome,
    home: userHome,
    defaultName: name,
    dataFolder: dirname(path),
    nowMs,
    defaults,
    definition,
  };
}
