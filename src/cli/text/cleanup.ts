import { formatBytes } from "../../lib/bytes.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { asLines } from "../../lib/printable.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { manyTasks } from "./many.ts";

/** What was removed, in one line; empty where it is nothing. */
export function removedText(answers: readonly Answer[], isDry: boolean): string {
  // In one pass: a million may go.
  let [count, measured, bytes, keptBytes] = [0, 0, 0, 0];
  for (const answer of answers) {
    if (answer.done === undefined) continue;
    count += 1;
    if (answer.bytes !== undefined) measured += 1;
    bytes += answer.bytes ?? 0;
    keptBytes += answer.keptBytes ?? 0;
  }
  if (count === 0) return "";
  const within = measured === count ? "" : ` in the ${measured} of them that were measured`;
  const stay =
    keptBytes === 0
      ? ""
      : `; ${formatBytes(keptBytes)} of artifacts and checkpoints ${isDry ? "would stay" : "stayed"} in runs/, --artifacts and --checkpoints remove them too`;
  return `${isDry ? "would remove" : "removed"} ${counted(count, "task")}, ${formatBytes(bytes)}${within}${stay}\n`;
}

/** Why nothing was removed. */
export function nothingRemoved(operation: Extract<Operation, { verb: "clean" }>): string {
  const { keep, maxBytes, logsOlderThanMs, olderThanMs, deadLetter, query } = operation;
  const failed = deadLetter ? "" : "; for failed tasks: --dead-letter";
  if ((keep ?? maxBytes ?? logsOlderThanMs) !== undefined)
    return `nothing to remove: no ended task exceeds the limits given${failed}\n`;
  const which = [query === undefined ? "" : "matching ", deadLetter ? "ended" : "completed or cancelled"];
  const old = olderThanMs === 0 ? "" : ` is older than ${age(olderThanMs)} (see --older-than)`;
  return `nothing to remove: no ${which.join("")} task${old}${failed}\n`;
}

function age(ms = 0): string {
  return ms === 7 * 86_400_000 ? "7 days" : formatDuration(ms);
}

/** A line for each reason why tasks were kept. */
export function keptText(answers: readonly Answer[]): string {
  return asLines(
    [...keptFor(answers)].map(([why, ids]) => `kept ${ids.length === 1 ? ids[0] : manyTasks(ids)}: ${why}`),
  );
}

/** Why tasks that were named are still there; one problem for each reason. */
export function keptProblems(answers: readonly Answer[]): Problem[] {
  return [...keptFor(answers)].map(([why, ids]) => {
    const what = ids.length === 1 ? `"${ids[0]}"` : manyTasks(ids);
    const hint = answers.find(({ kept }) => kept?.why === why)?.kept?.hint;
    return problem("INVALID_TRANSITION", `Cannot remove ${what}: ${why}`, hint);
  });
}

function keptFor(answers: readonly Answer[]): Map<string, TaskId[]> {
  const kept = answers.filter((answer) => answer.kept !== undefined);
  const byWhy = Map.groupBy(kept, (answer) => answer.kept?.why ?? "");
  return new Map([...byWhy].map(([why, those]) => [why, those.map(({ id }) => id as TaskId)]));
}
