import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import type { Steps } from "../../lib/steps.ts";
import { problem } from "../../model/errors.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { incomingBatches, isCommitted } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { readOpenGroup, writeOpenGroup } from "../../store/open-groups.ts";
import type { Supervisor } from "../supervisor.ts";

/**
 * Ends a group that no task may join any more (`closing` is set). The batches that were accepted before are waited for: their tasks may
 * belong to it. The notices of its end come first, and `closedAt` last; a crash in between repeats both. Closed already, it is left alone.
 */
export function* closeSteps(
  supervisor: Supervisor,
  { name, group: id, actor }: Extract<Operation, { verb: "closeGroup" }> & { readonly actor: string },
): Steps<Answer> {
  const { layout, clock, lock, log } = supervisor.context;
  const group = readOpenGroup(layout, name);
  if (group?.id !== id || group.closing === undefined)
    return {
      id: name,
      problem: problem("VERSION_CONFLICT", `Cannot close the group "${name}": it was replaced`),
    };
  if (group.closedAt !== undefined) return { id: name, done: "closed" };
  // A mere command has published all of them when it took the lock, or cannot.
  const isCommand = lock.owner.role === "command";
  const before = incomingBatches(layout);
  const isComing = (): boolean =>
    supervisor.queue.arrivals.size > 0 || before.some((batch) => isCommitted(layout, batch));
  while (!isCommand && isComing() && supervisor.committer.stuck.size === 0) yield "wait";
  if (isComing()) return { id: name, problem: { ...notLoaded(name) } };
  const closed = tryFs("close the group", () => {
    supervisor.committer.announceGroupEnd(group);
    writeOpenGroup(layout, { ...group, closedAt: timestamp(clock.now()) });
  });
  if (!closed.ok) {
    supervisor.committer.enterDegraded(closed.error);
    return { id: name, problem: { ...closed.error } };
  }
  supervisor.committer.audit([{ event: "group_closed", actor, detail: name }]);
  log(`group ${name} closed by ${actor}`);
  const open = [...supervisor.queue.tasks.values()].filter(({ metadata }) => metadata.openGroup?.id === id);
  const left = open.length === 0 ? "all its tasks have ended" : `${counted(open.length, "task")} left`;
  return { id: name, done: `closed, ${left}` };
}

function notLoaded(name: string) {
  const message = `Cannot close the group "${name}": accepted tasks, which may belong to it, cannot be queued yet`;
  return problem("WRITE_FAILED", message, "repeat it once they are; `stint doctor` tells what is in the way");
}
