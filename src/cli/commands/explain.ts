import { changesSince } from "../../desk/code-seen.ts";
import { lastOutputOf } from "../../desk/last-output.ts";
import { type Overview, readOverview } from "../../desk/overview.ts";
import { preparationSeen } from "../../desk/preparation.ts";
import { silenceLines } from "../../desk/text/silence.ts";
import { waitsSeen } from "../../desk/waits.ts";
import { asLines } from "../../lib/printable.ts";
import { isActive, isTerminal } from "../../model/state.ts";
import { isCollecting, openAttempt, type Task } from "../../model/task.ts";
import type { Wait } from "../../plan/waiting.ts";
import type { Layout } from "../../store/layout.ts";
import type { Context } from "../context.ts";
import { oneOrAll, readVerb } from "../read-verb.ts";
import { pausedLines } from "../text/control.ts";
import { explainTask } from "../text/explain.ts";
import { explainAlike, likenessOf } from "../text/explain-alike.ts";
import { byCause, groupLines } from "../text/explain-failure.ts";
import type { Holders } from "../text/shortage.ts";
import { hanging, wrappedText } from "../text/wrap.ts";

interface Explained {
  readonly id: string;
  readonly state: string;
  /** Of a queued task. */
  readonly wait: Wait | null;
  readonly lines: readonly string[];
}

export const verb = readVerb({
  json: async (context, tasks, layout) => {
    const explained = await explainer(context, layout);
    return oneOrAll(tasks.map((task) => explained.json(task)));
  },
  text: async (context, tasks, layout) => {
    const nowMs = context.clock.now();
    const failed = tasks.filter(({ status }) => status.state === "failed");
    const groups = byCause(failed).filter((group) => group.length > 1);
    const grouped = new Set(groups.flat());
    const explained = await explainer(context, layout);
    const others = Map.groupBy(
      tasks.filter((task) => !grouped.has(task)),
      (task) => explained.likeness(task) ?? task,
    );
    const blocks = [
      ...groups.map((group) => groupLines(group, nowMs)),
      ...(await Promise.all(
        [...others.values()].map(async (alike) => [
          ...explained.lines(alike),
          ...(await codeLines(context, layout, alike)),
        ]),
      )),
    ];
    const columns = context.columns();
    return blocks.map((block) => asLines(block.flatMap((line) => fitted(line, columns)))).join("\n");
  },
});

/** That a queued task will run other code than it was submitted with; told for one task alone. */
async function codeLines(context: Context, layout: Layout, tasks: readonly Task[]): Promise<string[]> {
  const [task, ...others] = tasks;
  if (task === undefined || others.length > 0) return [];
  const since = await changesSince(context, layout, task);
  return since === null ? [] : [`Its code is not what it was when it was submitted: ${since}.`];
}

/** Between two facts on one line, which get a line each where it is too long. */
const GAP = "   ";
const QUOTED = "  | ";
/** How much further the rest of an indented line is indented. */
const HANG = 4;

/** A sentence wraps at blanks, and so does a row of the attempts; a line of a log is quoted as it is. */
function fitted(line: string, columns: number): string[] {
  if (line.startsWith(QUOTED) || Bun.stringWidth(line) <= columns) return [line];
  const text = line.trimStart();
  const indent = line.slice(0, line.length - text.length);
  if (indent !== "") return hanging(indent, text, { columns, hang: indent.length + HANG });
  return line.split(GAP).flatMap((part) => wrappedText(part, columns));
}

/** Explains tasks by what is seen of the queue now. */
async function explainer(context: Context, layout: Layout) {
  const overview = readOverview(layout, context.clock.now());
  const waitsOf = await waitsSeen(context, layout, overview);
  const seen = new Map<Task, Wait[]>();
  const waitsFor = (task: Task): Wait[] =>
    seen.getOrInsertComputed(task, () => (task.status.state === "queued" ? waitsOf(task) : []));
  const holders = expectedEnds(overview.active);
  /** The lines for one task, or for several that are alike. */
  const lines = (tasks: readonly Task[]): string[] => {
    const [task] = tasks;
    if (task === undefined) return [];
    const waits = waitsFor(task);
    const nowMs = context.clock.now();
    const { silence } = overview;
    const isSilenceShown = !isTerminal(task.status.state) && waits.every(({ type }) => type !== "silent");
    const blockers = waits.length === 0 ? [] : blockersOf(task, overview);
    const preparation = preparationSeen(layout, task);
    const lastOutput = lastOutputOf(context, layout, task);
    const around = { nowMs, waits: blockers.length > 0 ? [] : waits, holders, preparation, lastOutput };
    const [head = "", ...rest] = tasks.length > 1 ? explainAlike(tasks, around) : explainTask(task, around);
    return [
      head,
      ...blockers,
      ...rest,
      ...pauseBeside(waits, overview, nowMs),
      ...unsupervised(task, overview),
      ...(isSilenceShown && silence !== null ? silenceLines(silence, nowMs) : []),
    ];
  };
  return {
    lines,
    json: (task: Task): Explained => {
      const { metadata, status } = task;
      return { id: metadata.id, state: status.state, wait: waitsFor(task)[0] ?? null, lines: lines([task]) };
    },
    likeness: (task: Task): string | null =>
      blockersOf(task, overview).length > 0 ? null : likenessOf(task, waitsFor(task)),
  };
}

/** A paused queue, where the task waits for something else as well. */
function pauseBeside(waits: readonly Wait[], { seen }: Overview, nowMs: number): string[] {
  const { paused } = seen.overrides;
  const isSaid =
    waits.length === 0 || waits.some((wait) => wait.type === "pause" && wait.pause.type === "paused");
  return paused === undefined || isSaid ? [] : pausedLines(paused, nowMs);
}

/** What a job lacks whose supervisor has ended. */
function unsupervised(task: Task, { owner }: Overview): string[] {
  if (!isActive(task.status.state) || owner !== null) return [];
  return [
    isCollecting(task)
      ? "No supervisor is running: its results are collected, and its end is recorded, once one is."
      : "No supervisor is running: its job goes on, and its end is recorded once one is.",
    "Start one: stint up --detach",
  ];
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
