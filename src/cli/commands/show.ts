import { codeSeen } from "../../desk/code-seen.ts";
import { summaryOf } from "../../desk/group-summary.ts";
import { preparationSeen } from "../../desk/preparation.ts";
import { progressOf } from "../../desk/progress.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { toldSoFar } from "../../desk/told.ts";
import { executionSummary } from "../../model/execution-summary.ts";
import { reuseOf } from "../../model/reuse.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { recordText } from "../../store/record.ts";
import { oneOrAll, readVerb } from "../read-verb.ts";
import { renderTask, renderTasks } from "../text/show.ts";
import { renderSweep } from "../text/show-sweep.ts";
import { styleFor } from "../text/style.ts";

/** Its fingerprint, or why it has none. */
function reuseJson(task: Task): Record<string, string> {
  const found = reuseOf(task);
  return found.ok ? { fingerprint: found.value } : { reason: found.error };
}

/** More tasks are shown in a line each. */
const MOST_WHOLE = 5;

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
    json: (context, members) => summaryOf(members, context.clock.now()),
    text: (context, members) =>
      renderSweep(members, {
        nowMs: context.clock.now(),
        style: styleFor(context.hasColor),
        columns: context.columns(),
      }),
  },
});
