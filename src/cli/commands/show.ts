import { codeSeen } from "../../desk/code-seen.ts";
import { openGroupSummary, summaryOf } from "../../desk/group-summary.ts";
import { preparationSeen } from "../../desk/preparation.ts";
import { progressOf } from "../../desk/progress.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { toldSoFar } from "../../desk/told.ts";
import { executionSummary } from "../../model/execution-summary.ts";
import { reuseOf } from "../../model/reuse.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { recordText } from "../../store/record.ts";
import { type NamedGroup, oneOrAll, readVerb } from "../read-verb.ts";
import { renderTask, renderTasks } from "../text/show.ts";
import { renderGroup } from "../text/show-group.ts";
import { renderSweep } from "../text/show-sweep.ts";
import { styleFor } from "../text/style.ts";

/** Its fingerprint, or why it has none. */
function reuseJson(task: Task): Record<string, string> {
  const found = reuseOf(task);
  return found.ok ? { fingerprint: found.value } : { reason: found.error };
}

/** More tasks are shown in a line each. */
const MOST_WHOLE = 5;

/** The name of the group that several submissions filled, where one is meant; null for a sweep. */
function groupIn(members: readonly Task[], { reference }: NamedGroup): string | null {
  const { group, openGroup } = members[0]?.metadata ?? {};
  const isSweep = group !== undefined && (/^\d+$/.test(reference) || group.name === reference);
  return isSweep ? null : (openGroup?.name ?? reference);
}

export const verb = readVerb({
  // The record as on disk, with the fields that are computed for readers.
  json: (context, tasks, layout) =>
    oneOrAll(
      tasks.map((task) => {
        const record = JSON.parse(recordText(task)) as Record<string, unknown>;
        const progress = progressOf(context, layout, task);
        const last = task.status.attempts.at(-1);
        return {
          ...record,
          ...(progress !== null && { progress }),
          ...(task.spec.reuse === true && { reuse: reuseJson(task) }),
          ...(last !== undefined && { execution_summary: executionSummary(last) }),
        };
      }),
    ),
  text: async (context, tasks, layout) => {
    const style = styleFor(context.hasColor);
    const nowMs = context.clock.now();
    if (!tasks.every(({ status }) => isTerminal(status.state))) tellOfSilence(context, layout);
    const columns = context.columns();
    if (tasks.length > MOST_WHOLE) return renderTasks(tasks, { style, columns });
    const codes = await Promise.all(tasks.map((task) => codeSeen(context, layout, task)));
    const texts = tasks.map((task, index) =>
      renderTask(task, {
        nowMs,
        style,
        columns,
        runFolder: layout.run(task.metadata.id),
        progress: progressOf(context, layout, task),
        told: toldSoFar(context, layout, task),
        preparation: preparationSeen(layout, task),
        code: codes[index] ?? null,
      }),
    );
    return texts.join("\n");
  },
  sweep: {
    json: (context, members, named) => {
      const nowMs = context.clock.now();
      const name = groupIn(members, named);
      return name === null
        ? summaryOf(members, nowMs)
        : openGroupSummary(named.layout, { name, members, nowMs });
    },
    text: (context, members, named) => {
      const nowMs = context.clock.now();
      const view = { nowMs, style: styleFor(context.hasColor), columns: context.columns() };
      const name = groupIn(members, named);
      return name === null
        ? renderSweep(members, view)
        : renderGroup(openGroupSummary(named.layout, { name, members, nowMs }), members, view);
    },
  },
});
