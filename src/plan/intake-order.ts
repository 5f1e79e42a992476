import type { TaskId } from "../model/identity.ts";

/*
 * The order in which accepted batches are published to `pending/`.
 *
 * The oldest batch is published first, which takes seconds if it is large. Beside it, the first later batch is published for which the order
 * makes no difference. The order decides
 *   - in a lane, which task comes first, is dropped or replaced, and which of the tasks with a unique key stays: a batch waits for each
 *     earlier one that names a lane or a key of its own, or whose lanes and keys are unknown;
 *   - for a child, whether its parent is known: a batch waits while a parent of one of its tasks is unpublished.
 * Nothing else of a task depends on earlier ones: the members of a sweep, and the tasks of one `batchEnd`, are of one batch. A large batch is
 * never moved forward, as to examine all of its tasks would take as long as to publish it.
 *
 *   behind a first batch with the lane a         | published beside it
 *   no lane, no key, no parent                   | yes
 *   a parent that is in memory, or has ended     | yes
 *   a parent in the first one, or in another     | no
 *   lane b                                       | yes
 *   lane a                                       | no
 *   lane b, behind a second one with the lane b  | no
 *   lane b, behind a large one of an old version | no
 *
 * Each step moves one file of one batch. A crash at any step leaves batches that are published, partly published, or not; the next start
 * publishes all that is left before its first plan. Where a later batch was published before an earlier one, the result is the same.
 */

/** An accepted batch that is not published yet. */
export interface OnItsWay {
  /** The lanes and unique keys of its tasks; null where they are unknown. */
  readonly ties: ReadonlySet<string> | null;
  /** The parents of its tasks in other batches; null for a large batch. */
  readonly parents: readonly TaskId[] | null;
}

/** The first batch that may be published beside the oldest one, or null; `isAwaited` is true for a task of an unpublished batch. */
export function firstBeside<Batch extends OnItsWay>(
  batches: Iterable<Batch>,
  isAwaited: (id: TaskId) => boolean,
): Batch | null {
  const before = new Set<string>();
  let isFirst = true;
  let isKnown = true;
  for (const batch of batches) {
    const { ties, parents } = batch;
    const isUntied = ties !== null && (ties.size === 0 || (isKnown && before.isDisjointFrom(ties)));
    if (!isFirst && isUntied && parents !== null && !parents.some(isAwaited)) return batch;
    isFirst = false;
    isKnown &&= ties !== null;
    for (const tie of ties ?? []) before.add(tie);
  }
  return null;
}
