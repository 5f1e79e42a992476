import type { TaskId } from "../model/identity.ts";

/*
 * In which order accepted batches are taken in.
 *
 * The first batch goes on until it is in, which takes seconds where it is large. Beside it goes the first of those behind it for which
 * the order makes no difference. The order decides
 *   - in a lane, who stands before whom, who is dropped and who is replaced; of one unique key, which task is the one: a batch waits for
 *     each batch before it that names a lane or a key of its own, or of which neither is known;
 *   - for a child, whether its parent is known: a batch waits while a parent of one of its tasks is on its way.
 * Nothing else of a task depends on what came before it: the members of a sweep, and the tasks that one `batchEnd` tells of, are of one
 * batch. A large batch keeps its place, as to look at all of its tasks would take as long as to take it in.
 *
 *   behind a first batch with the lane a         | goes beside it
 *   no lane, no key, no parent                   | yes
 *   a parent that is in memory, or has ended     | yes
 *   a parent in the first one, or in another     | no
 *   lane b                                       | yes
 *   lane a                                       | no
 *   lane b, behind a second one with the lane b  | no
 *   lane b, behind a large one of an old version | no
 *
 * A crash at any step leaves some batches in, some in part, some not: each step moves one file of one batch, and a start takes in all
 * that is left before it plans anything. Where a later batch was in before an earlier one, that ends as the order would have ended.
 */

/** An accepted batch that is not in yet. */
export interface OnItsWay {
  /** The lanes and keys that its tasks name; null where they are not known. */
  readonly ties: ReadonlySet<string> | null;
  /** The parents of its tasks in other batches; null for a large batch. */
  readonly parents: readonly TaskId[] | null;
}

/** The first batch behind the first one that may be taken in beside it, or null; `isAwaited` is true for a task of a batch that is not in. */
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
