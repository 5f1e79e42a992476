import { type GroupSummary, summaryOf } from "../../desk/group-summary.ts";
import { counted } from "../../lib/counted.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { describeKind } from "../../model/kind.ts";
import { STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { aboutLeft } from "./progress-text.ts";
import { fieldLines } from "./spec-fields.ts";
import type { Style } from "./style.ts";
import { numbersText, sweepRules, sweptText, valuesText } from "./sweep.ts";
import { renderTable } from "./table.ts";

/** How many members are listed; `--json` and `stint ls` list all. */
const SHOWN_MEMBERS = 20;
const SHOWN_NUMBERS = 10;
const BAR_WIDTH = 20;
/** The column with the values of a member, which is shortened first. */
const VALUES_COLUMN = 1;

/** All details of a sweep, for display. */
export function renderSweep(
  members: readonly Task[],
  { nowMs, style, columns }: { readonly nowMs: number; readonly style: Style; readonly columns: number },
): string {
  const summary = summaryOf(members, nowMs);
  const { id, name, size, known, failed } = summary;
  const counts = STATES.flatMap((state) => {
    const count = summary.states[state] ?? 0;
    return count === 0 ? [] : [`${count} ${style.state(state)}`];
  });
  const [first] = members;
  const limits = sweepRules(summary);
  const fields: (readonly [name: string, value: string])[] = [
    ...(first === undefined ? [] : ([["command", commandOf(first, members)]] as const)),
    ...(first === undefined ? [] : ([["folder", first.spec.kind.cwd]] as const)),
    ["values", sweptText(members)],
    [
      "members",
      `${numbersText(summary)}, ${size} in all${known < size ? `, ${size - known} cleaned up` : ""}`,
    ],
    ["progress", progressText(summary)],
    ...(limits.length === 0 ? [] : ([["limit", limits.join(", ")]] as const)),
    ...(first === undefined
      ? []
      : ([
          ["queued", `${localTime(first.metadata.createdAt, nowMs)} by ${first.metadata.createdBy}`],
        ] as const)),
    ...summary.failures.map((failure) => ["failed", failedMembersText(failure)] as const),
  ];
  const head = asLines([
    `${style.bold(`sweep ${name}`)}  ${counts.join(", ")}`,
    ...fields.flatMap(([key, value]) => fieldLines(key, value, columns)),
    "",
  ]);
  const rest = members.length - SHOWN_MEMBERS;
  return [
    head,
    renderTable(memberRows(members, style), { columns, shrinks: VALUES_COLUMN }),
    ...(rest > 0 ? [`  and ${rest} more: stint ls --group ${id}\n`] : []),
    ...(failed.length > 0 ? [`\n  again: stint retry --group ${id} --failed\n`] : []),
  ].join("");
}

/** What runs; where it differs from member to member, that of the first. */
function commandOf(first: Task, members: readonly Task[]): string {
  const command = describeKind(first.spec.kind);
  const isSame = members.every(({ spec }) => describeKind(spec.kind) === command);
  return isSame ? command : `${command} (of task ${first.metadata.number})`;
}

function progressText({ known, size, ended, leftMs }: GroupSummary): string {
  // Members without a record had ended before they were cleaned up.
  const past = ended + (size - known);
  const filled = Math.floor((past / size) * BAR_WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${past} of ${size} ended${leftMs === null ? "" : `, ${aboutLeft(leftMs)}`}`;
}

export function failedMembersText({ code, members }: GroupSummary["failures"][number]): string {
  const numbers = members.slice(0, SHOWN_NUMBERS).map((id) => Number(id.slice(0, id.indexOf("-"))));
  const more = members.length > numbers.length ? `, +${members.length - numbers.length}` : "";
  return `${code} (${counted(members.length, "member")}): ${numbers.join(", ")}${more}`;
}

/** The first members, of a long sweep those that failed. */
function memberRows(members: readonly Task[], style: Style): string[][] {
  const isFailed = ({ status }: Task): boolean => status.state === "failed";
  const ordered =
    members.length > SHOWN_MEMBERS
      ? [...members.filter(isFailed), ...members.filter((task) => !isFailed(task))]
      : members;
  return ordered.slice(0, SHOWN_MEMBERS).map((task) => {
    const { metadata, status } = task;
    const why = isFailed(task) ? whyFailed(task) : status.state === "cancelled" ? status.message : "";
    return [`  ${metadata.number}`, valuesText(metadata.group?.values ?? {}), style.state(status.state), why];
  });
}
