import { type GroupSummary, summaryOf } from "../../desk/group-summary.ts";
import { counted } from "../../lib/counted.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { className } from "../../model/failure.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Style } from "./style.ts";
import { numbersText, valuesText } from "./sweep.ts";

/** How many failed members are listed; `--json` lists all. */
const SHOWN_FAILED = 20;
const SHOWN_NUMBERS = 10;
const BAR_WIDTH = 20;

/** All details of a sweep, for display. */
export function renderSweep(
  members: readonly Task[],
  { nowMs, style }: { readonly nowMs: number; readonly style: Style },
): string {
  const summary = summaryOf(members);
  const { id, name, size, known, maxParallel, maxFailures } = summary;
  const counts = STATES.flatMap((state) => {
    const count = summary.states[state] ?? 0;
    return count === 0 ? [] : [`${count} ${style.state(state)}`];
  });
  const [first] = members;
  const lines = [
    `${style.bold(`sweep ${name}`)}  ${counts.join(", ")}`,
    field(
      "members",
      `${numbersText(summary)}, ${size} in all${known < size ? `, ${size - known} cleaned up` : ""}`,
    ),
    field("progress", progressText(summary)),
    ...(maxParallel === undefined ? [] : [field("limit", `${maxParallel} at a time`)]),
    ...(maxFailures === undefined
      ? []
      : [field("limit", `cancelled after ${counted(maxFailures, "failure")}`)]),
    ...(first === undefined
      ? []
      : [field("queued", `${localTime(first.metadata.createdAt, nowMs)} by ${first.metadata.createdBy}`)]),
    ...summary.failures.map(failureLine),
    ...failedLines(summary, members),
  ];
  if (summary.failed.length > 0) lines.push("", `  again: stint retry --group ${id} --failed`);
  return asLines(lines);
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(10)}${value}`;
}

function progressText({ known, size, ended }: GroupSummary): string {
  // Members without a record had ended before they were cleaned up.
  const past = ended + (size - known);
  const filled = Math.floor((past / size) * BAR_WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${past} of ${size} ended`;
}

function failureLine({ class: failureClass, code, members }: GroupSummary["failures"][number]): string {
  const numbers = members.slice(0, SHOWN_NUMBERS).map((id) => Number(id.slice(0, id.indexOf("-"))));
  const more = members.length > numbers.length ? `, +${members.length - numbers.length}` : "";
  return field(
    "failed",
    `${members.length} ${className(failureClass)}/${code}: ${numbers.join(", ")}${more}`,
  );
}

function failedLines({ failed, id }: GroupSummary, members: readonly Task[]): string[] {
  if (failed.length === 0) return [];
  const tasks = new Map(members.map((task) => [task.metadata.number, task]));
  const lines = failed.slice(0, SHOWN_FAILED).map(({ number, values, message }) => {
    const task = tasks.get(number);
    return `  ${number}  ${valuesText(values)}: ${task === undefined ? message : whyFailed(task)}`;
  });
  const left = failed.length - lines.length;
  return ["", ...lines, ...(left > 0 ? [`  +${left}: stint ls --group ${id} --failed`] : [])];
}
