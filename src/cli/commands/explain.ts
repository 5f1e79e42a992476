import { type Overview, readOverview } from "../../desk/overview.ts";
import { silenceLines } from "../../desk/text/silence.ts";
import { asLines } from "../../lib/printable.ts";
import { isTerminal } from "../../model/state.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { Wait } from "../../plan/waiting.ts";
import type { Layout } from "../../store/layout.ts";
import type { Context } from "../context.ts";
import { oneOrAll, readVerb } from "../read-verb.ts";
import { pausedLines } from "../text/control.ts";
import { explainTask } from "../text/explain.ts";
import { byCause, groupLines } from "../text/explain-failure.ts";
import type { Holders } from "../text/shortage.ts";
import { waitsSeen } from "../waits.ts";

interface Explained {
  readonly id: string;
  readonly state: string;
  /** Of a queued task. */
  readonly wait: Wait | null;
  readonly lines: readonly string[];
}

export const verb = readVerb({
  json: async (context, tasks, layout) => oneOrAll(await explain(context, tasks, layout)),
  text: async (context, tasks, layout) => {
    const nowMs = context.clock.now();
    const failed = tasks.filter(({ status }) => status.state === "failed");
    const groups = byCause(failed).filter((group) => group.length > 1);
    const grouped = new Set(groups.flat());
    const others = await explain(
      context,
      tasks.filter((task) => !grouped.has(task)),
      layout,
    );
    const blocks = [...groups.map((group) => groupLines(group, nowMs)), ...others.map(({ lines }) => lines)];
    return blocks.map(asLines).join("\n");
  },
});

async function explain(context: Context, tasks: readonly Task[], layout: Layout): Promise<Explained[]> {
  const overview = readOverview(layout, context.clock.now());
  const waitOf = await waitsSeen(context, layout, overview);
  const holders = expectedEnds(overview.active);
  return tasks.map((task) => {
    const wait = task.status.state === "queued" ? waitOf(task) : null;
    const nowMs = context.clock.now();
    const { silence } = overview;
    const isSilenceShown = wait?.type !== "silent" && !isTerminal(task.status.state);
    const blockers = wait === null ? [] : blockersOf(task, overview);
    const [head = "", ...rest] = explainTask(task, {
      nowMs,
      wait: blockers.length > 0 ? null : wait,
      holders,
    });
    const lines = [
      head,
      ...blockers,
      ...rest,
      ...pauseBeside(wait, overview, nowMs),
      ...(isSilenceShown && silence !== null ? silenceLines(silence, nowMs) : []),
    ];
    return { id: task.metadata.id, state: task.status.state, wait, lines };
  });
}

/** A paused queue, where the task waits for something else as well. */
function pauseBeside(wait: Wait | null, { seen }: Overview, nowMs: number): string[] {
  const { paused } = seen.overrides;
  const isSaid = wait === null || (wait.type === "pause" && wait.pause.type === "paused");
  return paused === undefined || isSaid ? [] : pausedLines(paused, nowMs);
}

/** What keeps a queued task from starting, whatever its turn in the queue. */
function blockersOf(task: Task, { diskFault, stuck }: Overview): string[] {
  const why = stuck.get(task.metadata.id);
  return [
    ...(why === undefined
      ? []
      : [`Accepted, but the supervisor cannot queue it yet and keeps trying: ${why}.`]),
    ...(diskFault === null ? [] : [`No job starts until this is fixed: ${diskFault}.`]),
  ];
}

/** When the timeouts of running tasks expire; a task without a timeout, or paused, is absent. */
function expectedEnds(active: readonly Task[]): Holders {
  return new Map(
    active.flatMap((task) => {
      const { startedAt, paused, pausedMs = 0 } = openAttempt(task) ?? {};
      const { timeoutMs } = task.spec;
      return startedAt === undefined || timeoutMs === undefined || paused !== undefined
        ? []
        : [[task.metadata.id, Date.parse(startedAt) + timeoutMs + pausedMs]];
    }),
  );
}
