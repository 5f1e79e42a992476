import { type Clock, timestamp } from "../../lib/clock.ts";
import { uuid } from "../../lib/random.ts";
import { makeTaskId, nameFrom, type TaskId } from "../../model/identity.ts";
import { MAX_RECEIVERS, type Receiver } from "../../model/notice.ts";
import type { FiringIdentity } from "../../model/schedule.ts";
import type { Dependency } from "../../model/spec.ts";
import { accepted, type Draft } from "../../model/submission.ts";
import type { Metadata, Task } from "../../model/task.ts";
import { keepEnvironment } from "../../store/environments.ts";
import type { Layout } from "../../store/layout.ts";
import { reserveNumbers } from "../../store/numbers.ts";
import { keptOf } from "../jobs/secrets.ts";
import type { Parents } from "./resolve-dependencies.ts";

/** Who submits, and with what. */
export interface Submitter {
  readonly clock: Clock;
  readonly createdBy: string;
  readonly source: Metadata["source"];
  /** Captured for the jobs to inherit; absent where each attempt takes the supervisor's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly resubmitOf?: TaskId;
}

/** What is accepted together. */
export interface AcceptOptions {
  readonly batch: string;
  /** The firing that queues them; without a name it is one by hand, which moves no schedule on. */
  readonly firing?: FiringIdentity & { readonly schedule?: string };
}

/** Makes tasks of drafts, with numbers that nobody else gets; they count once they are committed. Throws what the disk refuses. */
export function tasksOf(
  layout: Layout,
  drafts: readonly Draft[],
  options: Submitter & AcceptOptions & { readonly parents: Parents },
): Task[] {
  const { createdBy, source, environment: variables, resubmitOf, firing } = options;
  const keep = keeper(layout, options.clock.now());
  const first = reserveNumbers(layout, drafts.length);
  // Afterwards: of two who submit at once, the lower number has mostly the earlier time.
  const at = timestamp(options.clock.now());
  const batchEnd = sharedBatchEnd(drafts);
  return drafts.map((asked, index) => {
    const draft = withBatchEnd(asked, batchEnd);
    const number = first + index;
    const { group } = draft;
    const kept = keptOf(draft, variables);
    const environment = kept === undefined ? undefined : keep(kept);
    const after = options.parents(index, first);
    return accepted(after.length === 0 ? draft : withParents(draft, after), {
      id: makeTaskId(number, nameFrom(draft.name)),
      number,
      uid: uuid(),
      at,
      createdBy,
      source,
      ...(environment !== undefined && { environment }),
      ...(resubmitOf !== undefined && { resubmitOf }),
      ...(firing !== undefined && { scheduleId: firing.uid, firedFor: firing.firedFor }),
      ...(drafts.length > 1 && { batch: options.batch }),
      // Members stand in a row, so the place in the group leads to the first of them.
      ...(group !== undefined && { group: { ...group, id: number - (group.index - 1) } }),
    });
  });
}

/** Keeps environments; one that many tasks share is written once. */
function keeper(layout: Layout, nowMs: number): (variables: Readonly<Record<string, string>>) => string {
  const kept = new Map<Readonly<Record<string, string>>, string>();
  return (variables) => {
    const hash = kept.get(variables) ?? keepEnvironment(layout, variables, nowMs);
    kept.set(variables, hash);
    return hash;
  };
}

/** The end of a batch is told by whichever of its tasks is the last: each has to know of all who want to hear of it. */
function sharedBatchEnd(drafts: readonly Draft[]): Receiver[] {
  const wished = drafts.flatMap(({ spec }) => spec.on?.batchEnd ?? []);
  return [...new Map(wished.map((receiver) => [JSON.stringify(receiver), receiver])).values()].slice(
    0,
    MAX_RECEIVERS,
  );
}

function withBatchEnd(draft: Draft, batchEnd: Receiver[]): Draft {
  return batchEnd.length === 0
    ? draft
    : { ...draft, spec: { ...draft.spec, on: { ...draft.spec.on, batchEnd } } };
}

/** What is named now takes the place of what a task that is queued anew waited for. */
function withParents(draft: Draft, after: readonly Dependency[]): Draft {
  return { ...draft, spec: { ...draft.spec, after: [...after] } };
}
