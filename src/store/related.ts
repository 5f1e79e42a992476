import type { Group } from "../model/group.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { ParentState } from "../model/spec.ts";
import { isTerminal } from "../model/state.ts";
import type { Layout } from "./layout.ts";
import { idsIn, readTask } from "./reader.ts";

/** The state of a task for those that depend on it; one whose record cannot be read counts as unfinished. */
export function parentState(layout: Layout, id: TaskId): ParentState {
  const read = readTask(layout, id);
  if (!read.ok) return read.error.type === "missing" ? "gone" : "unfinished";
  const { state } = read.value.status;
  return isTerminal(state) ? state : "unfinished";
}

/** The failed members of a sweep. */
export function failedMembers(layout: Layout, { id: first, size }: Pick<Group, "id" | "size">): Set<TaskId> {
  // The numbers of members are consecutive.
  const near = idsIn(layout, "dead-letter").filter(
    (id) => numberOf(id) >= first && numberOf(id) < first + size,
  );
  return new Set(
    near.filter((id) => {
      const read = readTask(layout, id);
      return read.ok && read.value.status.state === "failed" && read.value.metadata.group?.id === first;
    }),
  );
}
