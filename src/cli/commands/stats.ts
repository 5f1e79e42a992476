import { findGroup } from "../../desk/groups.ts";
import { homePath } from "../../desk/home.ts";
import { formatDuration } from "../../lib/duration.ts";
import { ok } from "../../lib/result.ts";
import { failureOfAttempt } from "../../model/attempt.ts";
import { EXIT } from "../../model/errors.ts";
import { className } from "../../model/failure.ts";
import type { Outline } from "../../model/outline.ts";
import { PLACES, STATES } from "../../model/state.ts";
import { openHome } from "../../store/home.ts";
import { eachOutline } from "../../store/outlines.ts";
import { declareVerb } from "../command-line/declare.ts";
import { GROUP } from "../selectors.ts";
import { renderTable } from "../text/table.ts";

/** Counts over all records of a home; the age is null where no task is queued. */
interface Stats {
  readonly states: Record<string, number>;
  readonly oldestQueuedMs: number | null;
  readonly attempts: Record<string, number>;
  readonly failures: Record<string, number>;
  readonly retries: number;
  readonly orphans: number;
}

export const verb = declareVerb({
  flags: {
    group: { value: GROUP, help: "count only the members of this sweep" },
    json: { help: "print JSON" },
  },
  run: ({ context, flags }) => {
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const progress = context.progress();
    const tasks =
      flags.group === undefined
        ? ok(eachOutline(home.value, PLACES, progress))
        : findGroup(home.value, flags.group, progress);
    if (!tasks.ok) return tasks.error;
    const stats = count(tasks.value, context.clock.now());
    progress.clear();
    context.out(flags.json ? `${JSON.stringify(stats, null, 2)}\n` : render(stats, context.columns()));
    return EXIT.done;
  },
});

function count(tasks: Iterable<Outline>, nowMs: number): Stats {
  const states: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]));
  const attempts: Record<string, number> = {};
  const failures: Record<string, number> = {};
  let oldestQueuedMs: number | null = null;
  let retries = 0;
  let orphans = 0;
  const add = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  for (const { metadata, status } of tasks) {
    add(states, status.state);
    if (status.state === "queued" && metadata.createdAt !== undefined)
      oldestQueuedMs = Math.max(oldestQueuedMs ?? 0, nowMs - Date.parse(metadata.createdAt));
    for (const attempt of status.attempts) {
      add(attempts, attempt.state);
      const failure = failureOfAttempt(attempt);
      if (failure !== null) add(failures, `${failure.class}/${failure.code}`);
      if (attempt.state === "orphaned") orphans += 1;
      if ("retry" in attempt && attempt.retry !== undefined) retries += 1;
    }
  }
  return { states, oldestQueuedMs, attempts, failures, retries, orphans };
}

function render(stats: Stats, columns: number): string {
  const rows = (counts: Record<string, number>): string[][] =>
    Object.entries(counts)
      .filter(([, amount]) => amount > 0)
      .map(([key, amount]) => [`  ${key.replace(/^\w+(?=\/)/, className)}`, String(amount)]);
  const oldest =
    stats.oldestQueuedMs === null ? [] : [["  oldest queued", formatDuration(stats.oldestQueuedMs)]];
  const sections = [
    [["tasks"], ...rows(stats.states), ...oldest],
    [["attempts"], ...rows({ ...stats.attempts, retries: stats.retries, orphans: stats.orphans })],
    [["failed attempts"], ...rows(stats.failures)],
  ].filter((section) => section.length > 1);
  return sections.length === 0
    ? "no tasks\n"
    : sections.map((section) => renderTable(section, { columns })).join("\n");
}
