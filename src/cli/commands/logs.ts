import { ERRORS, EXIT } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { isTerminal } from "../../model/state.ts";
import { inNumberOrder, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { textValue, wholeNumber } from "../command-line/values.ts";
import { inHome } from "../in-home.ts";
import { followLogs } from "../logs/follow.ts";
import { headingsOf } from "../logs/headings.ts";
import { prefixesOf } from "../logs/prefixes.ts";
import { printLog } from "../logs/print.ts";
import type { LogView } from "../logs/shown-log.ts";
import { tellOfQueued } from "../logs/wait-note.ts";
import { LAST, SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { targetTasks } from "../targets.ts";
import { renderProblem } from "../text/problem.ts";

const FLAGS = {
  follow: { short: "f", help: "follow the output until the task ends, across attempts" },
  attempt: { value: wholeNumber(1), help: "show the log of attempt N (default: the last)" },
  tail: { value: wholeNumber(), short: "n", aliases: ["lines"], help: "show the last N lines" },
  grep: {
    value: textValue("TEXT", "a text to look for; * stands for any characters"),
    help: "show only lines with TEXT; * matches anything",
  },
  raw: { excludes: ["grep"], help: "show each byte as it was written, even to a terminal" },
  path: { excludes: ["follow", "tail", "grep", "raw"], help: "print the path of the log" },
  quiet: { short: "q", help: "print no headings and no names before the lines of several tasks" },
  ...SELECTOR_FLAGS,
} as const;

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: { eligible: ({ status }) => status.attempt > 0 } }],
  flags: FLAGS,
  notes:
    "Without a task: the last one that was submitted. The lines of a sweep begin with the names of its members. A terminal gets no escape sequences but those of colours and progress bars. A file or a pipe gets only the last state of a line that was drawn again and again.",
  insteadOf: (typed) => (/^-\d+$/.test(typed) ? `use -n ${typed.slice(1)}` : null),
  run: inHome(logs),
});

async function logs({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { follow, raw, quiet, attempt, tail, path, grep, ...selectors } = flags;
  const isSelection = Object.values(selectors).some((value) => value !== undefined);
  const found = targetTasks(context, {
    layout,
    references: operands.length === 0 && !isSelection ? [LAST] : operands,
    flags: selectors,
    isReadOnly: true,
    // A task that has not started has no log to select.
    eligible: ({ status }) => status.attempt > 0,
    eligibleMember: ({ status }) => status.attempt > 0 || (follow === true && !isTerminal(status.state)),
  });
  if (!found.ok) return found.error;
  const tasks = isSelection ? found.value.toSorted(inNumberOrder) : found.value;
  if (tasks.length === 0) context.err("No task matches.\n");
  const shown = raw === true ? { ...context, outOfJob: context.outRaw } : context;
  const isPlain = quiet === true || path === true || raw === true;
  const prefixes = isPlain ? new Map<TaskId, string>() : prefixesOf(tasks, context.hasColor);
  const isHeaded = tasks.length > 1 && quiet !== true && path !== true && prefixes.size === 0;
  const headings = headingsOf(shown, isHeaded);
  const collapses = raw !== true && (!context.isTerminal || grep !== undefined || prefixes.size > 0);
  const view = ({ metadata: { id } }: Task): LogView => ({ tail, grep, collapses, prefix: prefixes.get(id) });
  const choice = { attempt, path, view };
  if (follow === true) {
    await tellOfQueued(shown, layout, tasks);
    return followLogs(shown, layout, { tasks, choice, headings });
  }
  let exit: number = EXIT.done;
  for (const task of tasks) {
    headings.begin(task);
    const ended = await printLog(shown, layout, { task, choice });
    if (typeof ended === "object" && tasks.length === 1) return ended;
    if (typeof ended === "object") context.err(renderProblem(ended, context.columns()));
    exit = Math.max(exit, typeof ended === "number" ? ended : EXIT[ERRORS[ended.code].exit]);
    if (context.outputEnd() !== null) break;
  }
  return exit;
}
