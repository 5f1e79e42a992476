import type { OpenGroupSummary } from "../../desk/group-summary.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { STATES } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { aboutLeft } from "./progress-text.ts";
import { failedMembersText } from "./show-sweep.ts";
import { fieldLines } from "./spec-fields.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** How many members are listed, the newest; `--json` and `stint ls` list all. */
const SHOWN_MEMBERS = 20;
const NAME_COLUMN = 1;

/** All details of a group that several submissions filled, for display. */
export function renderGroup(
  summary: OpenGroupSummary,
  members: readonly Task[],
  { nowMs, style, columns }: { readonly nowMs: number; readonly style: Style; readonly columns: number },
): string {
  const { name, known, ended, leftMs, failed } = summary;
  const counts = STATES.flatMap((state) => {
    const count = summary.states[state] ?? 0;
    return count === 0 ? [] : [`${count} ${style.state(state)}`];
  });
  const fields: (readonly [name: string, value: string])[] = [
    ["state", stateText(summary, nowMs)],
    ["members", `${known}, ${ended} ended${leftMs === null ? "" : `, ${aboutLeft(leftMs)}`}`],
    ...summary.failures.map((failure) => ["failed", failedMembersText(failure)] as const),
  ];
  const head = asLines([
    `${style.bold(`group ${name}`)}  ${counts.join(", ")}`,
    ...fields.flatMap(([key, value]) => fieldLines(key, value, columns)),
    "",
  ]);
  const rows = members.slice(-SHOWN_MEMBERS).map((task) => {
    const { metadata, status } = task;
    const why =
      status.state === "failed" ? whyFailed(task) : status.state === "cancelled" ? status.message : "";
    return [`  ${metadata.number}`, metadata.name, style.state(status.state), why];
  });
  const rest = members.length - rows.length;
  return [
    head,
    renderTable(rows, { columns, shrinks: NAME_COLUMN }),
    ...(rest > 0 ? [`  and ${rest} before: stint ls --group ${name}\n`] : []),
    ...(failed.length > 0 ? [`\n  again: stint retry --group ${name} --failed\n`] : []),
  ].join("");
}

function stateText(
  { name, state, openedAt, openedBy, closedAt, closedBy }: OpenGroupSummary,
  nowMs: number,
): string {
  const at = (instant: string | null): string => (instant === null ? "" : localTime(instant, nowMs));
  if (state === "closed") return closedAt === null ? "closed" : `closed, ${at(closedAt)} by ${closedBy}`;
  return `open since ${at(openedAt)} by ${openedBy}; to end it: stint close ${name}`;
}
