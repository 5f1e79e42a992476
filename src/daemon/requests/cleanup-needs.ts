import { counted } from "../../lib/counted.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import type { Answer } from "../../model/request.ts";
import type { Task } from "../../model/task.ts";
import { openGroups } from "../../store/open-groups.ts";
import type { Supervisor } from "../supervisor.ts";

/** Why an ended task is kept, and what to do. */
export type Need = NonNullable<Answer["kept"]>;

/** Why unfinished tasks need an ended one; null where none does. */
export type NeedOf = (task: Outline) => Need | null;

/** Tells which ended tasks unfinished ones need: their parents, and the members of their sweep, group or batch; also of a group that is open. */
export function needsOf(supervisor: Supervisor): NeedOf {
  let [known, needOf] = [supervisor.queue.revision, needsNow(supervisor)];
  return (task) => {
    if (supervisor.queue.revision !== known)
      [known, needOf] = [supervisor.queue.revision, needsNow(supervisor)];
    return needOf(task);
  };
}

function needsNow(supervisor: Supervisor): NeedOf {
  const unfinished = [...supervisor.queue.tasks.values()];
  const children = new Map<TaskId, Task[]>();
  for (const task of unfinished)
    for (const parent of task.spec.after ?? [])
      children.getOrInsertComputed(parent.task, () => []).push(task);
  const groups = new Set(unfinished.map(({ metadata }) => metadata.group?.id));
  const batches = new Set(unfinished.map(({ metadata }) => metadata.batch));
  const open = new Set(openGroups(supervisor.context.layout).map((one) => one.id));
  const joined = new Set(unfinished.map(({ metadata }) => metadata.openGroup?.id));
  return ({ metadata: { id, group, openGroup, batch } }) => {
    const needing = children.get(id);
    if (needing !== undefined) return byChildren(needing);
    if (group !== undefined && groups.has(group.id)) {
      const hint = `cancel these first: stint cancel --group ${group.id}`;
      return { why: `the sweep "${group.name}" has unfinished tasks`, hint };
    }
    if (openGroup !== undefined && open.has(openGroup.id))
      return {
        why: `the group "${openGroup.name}" is open`,
        hint: `close it: stint close ${openGroup.name}`,
      };
    if (openGroup !== undefined && joined.has(openGroup.id)) {
      const hint = `cancel these first: stint cancel --group ${openGroup.name}`;
      return { why: `the group "${openGroup.name}" has unfinished tasks`, hint };
    }
    if (batch === undefined || !batches.has(batch)) return null;
    return { why: "others of the same batch have not ended", hint: "remove it once these have ended" };
  };
}

function byChildren(children: readonly Task[]): Need {
  const [first, ...others] = children.map(({ metadata }) => metadata.id);
  const number = first === undefined ? "" : numberOf(first);
  const more = others.length === 0 ? "" : ` and ${counted(others.length, "other")}`;
  return {
    why: `needed by ${first}${more}`,
    hint: others.length === 0 ? `cancel that first: stint cancel ${number}` : "cancel these first",
  };
}
