import { refuseToWait } from "../../desk/inside-job.ts";
import { openGroupNamed } from "../../desk/select.ts";
import { formatDuration } from "../../lib/duration.ts";
import { MIRROR_EXIT } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { OpenGroup } from "../../model/open-group.ts";
import { isWhole } from "../../model/outline.ts";
import { isService } from "../../model/service.ts";
import { PLACES, UNFINISHED_STATES } from "../../model/state.ts";
import { idsOfTasks, inNumberOrder, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { isOpenGroup, readOpenGroup } from "../../store/open-groups.ts";
import { eachOutline } from "../../store/outlines.ts";
import { awaitTasks, highestExit } from "../await-tasks.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { DURATION } from "../command-line/values.ts";
import { inHome } from "../in-home.ts";
import { Interruption } from "../interruption.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { isUnended, targetTasks } from "../targets.ts";
import { Ends } from "../text/ends.ts";
import { ProgressLine } from "../text/progress.ts";

const FLAGS = {
  ...SELECTOR_FLAGS,
  all: { help: "wait for all unfinished tasks" },
  any: { help: "return when the first task ends: print its id, exit with its exit code" },
  timeout: { value: DURATION, help: "give up after DURATION, with exit code 124" },
  json: { help: "print a JSON line for each task as it ends" },
  quiet: { short: "q", help: "print nothing" },
} as const;

/** What open groups, named or selected alone, still get; null where none of them is open. */
function comingTo(
  layout: Layout,
  groups: readonly OpenGroup[],
): ((ids: readonly TaskId[]) => { ids: readonly TaskId[]; open: readonly string[] }) | null {
  const isOpen = (group: OpenGroup): boolean => isOpenGroup(layout, group);
  if (!groups.some(isOpen)) return null;
  return (ids) => {
    // Before its members: none joins a group that is closed.
    const open = groups.filter(isOpen).map(({ name }) => name);
    const wanted = new Set(groups.map(({ id }) => id));
    const members = [...eachOutline(layout, PLACES)].filter((task) => {
      const { openGroup } = task.metadata;
      return openGroup !== undefined && wanted.has(openGroup.id) && !(isWhole(task) && isPassedBy(task));
    });
    return { ids: [...new Set([...ids, ...members.map(({ metadata }) => metadata.id)])], open };
  };
}

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: { states: UNFINISHED_STATES, eligible: isUnended } }],
  flags: FLAGS,
  notes:
    "Named and selected tasks that have ended already count: a failed one decides the exit code. With --all only unfinished ones do. Services are passed by, unless one is named itself.",
  run: inHome(wait),
});

/** True for a service that is not named itself: it does not end by itself. */
function isPassedBy(task: Task): boolean {
  return isService(task) && isUnended(task);
}

async function wait({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { timeout: timeoutMs = null } = flags;
  const tasks = targetTasks(context, {
    layout,
    references: operands,
    flags,
    // A script may wait for what ended meanwhile: that a selected task failed counts like that of a named one.
    ...(flags.all === true
      ? { states: UNFINISHED_STATES, eligible: (task) => isUnended(task) && !isPassedBy(task) }
      : { eligible: (task) => !isPassedBy(task) }),
    // The exit code of a sweep is that of all its members, those included that ended before.
    eligibleMember: (task) => !isPassedBy(task),
  });
  if (!tasks.ok) return tasks.error;
  const selected = flags.group === undefined ? null : readOpenGroup(layout, flags.group);
  const more = comingTo(layout, [
    ...operands.flatMap((reference) => openGroupNamed(layout, reference) ?? []),
    ...(selected === null ? [] : [selected]),
  ]);
  if (tasks.value.length === 0 && more === null && flags.quiet !== true)
    context.err("stint: no task matches; there is nothing to wait for\n");
  const isQueued = tasks.value.some(({ status }) => status.state === "queued");
  const refusal = isQueued ? refuseToWait(context, layout, 1) : null;
  if (refusal !== null) return refusal;
  const progress = new ProgressLine(context);
  const interruption = new Interruption(context);
  const ids = idsOfTasks(tasks.value.toSorted(inNumberOrder));
  const ends = new Ends(context, { count: ids.length, print: context.out });
  const awaited = await awaitTasks(context, layout, {
    ids,
    timeoutMs,
    isAny: flags.any === true,
    ...(more !== null && { more: () => more(ids) }),
    isOff: () => context.outputEnd() === "closed" || interruption.exit !== null,
    onPoll: (open) => progress.show(open, ids.length),
    onEnd: (task) => {
      if (flags.json) context.out(`${JSON.stringify(task)}\n`);
      else if (flags.any) context.out(`${task.metadata.id}\n`);
      else if (flags.quiet !== true) ends.tell(task);
    },
  });
  progress.clear();
  ends.finish();
  if ("code" in awaited) return awaited;
  if (interruption.exit !== null) return interruption.exit;
  if (awaited.type === "ended") return highestExit(awaited.tasks);
  context.err(`stint: still waiting after ${formatDuration(timeoutMs ?? 0)}, giving up\n`);
  return MIRROR_EXIT.expired;
}
