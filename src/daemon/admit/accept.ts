import { type Clock, timestamp } from "../../lib/clock.ts";
import { uuid } from "../../lib/random.ts";
import { makeTaskId, nameFrom, type TaskId } from "../../model/identity.ts";
import { MAX_RECEIVERS, type Receiver } from "../../model/notice.ts";
import type { OpenGroupMark } from "../../model/open-group.ts";
import type { FiringIdentity } from "../../model/schedule.ts";
import type { Dependency } from "../../model/spec.ts";
import { accepted, type Draft } from "../../model/submission.ts";
import type { Metadata, Task } from "../../model/task.ts";
import { keepEnvironment } from "../../store/environments.ts";
import type { Layout } from "../../store/layout.ts";
import { reserveNumbers } from "../../store/numbers.ts";
import { keptOf } from "../jobs/secrets.ts";
import type { Parents } from "./resolve-dependencies.ts";

/** Who submits the drafts, and with which environment. */
export interface Submitter {
  readonly clock: Clock;
  readonly createdBy: string;
  readonly source: Metadata["source"];
  /** Captured for the jobs to inherit; absent where each attempt inherits the supervisor's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly resubmitOf?: TaskId;
  /** The git tree of each draft, as it is now; undefined outside one. */
  readonly code?: (draft: Draft) => Metadata["code"];
}

/** The batch that the tasks are accepted as. */
export interface AcceptOptions {
  readonly batch: string;
  /** The firing that queues them; without a schedule it was requested by hand, and does not advance one. */
  readonly firing?: FiringIdentity & { readonly schedule?: string };
  /** The group that they join. */
  readonly joins?: OpenGroupMark | undefined;
}

/** Makes tasks of drafts, with numbers that no other task gets; they count once they are committed. Throws errors of the disk. */
export function tasksOf(
  layout: Layout,
  drafts: readonly Draft[],
  options: Submitter & AcceptOptions & { readonly parents: Parents },
): Task[] {
  const { createdBy, source, environment: variables, resubmitOf, firing, joins, code } = options;
  const keep = keeper(layout, options.clock.now());
  const first = reserveNumbers(layout, drafts.length);
  // After the numbers: of two concurrent submissions, the lower numbers then usually have the earlier time.
  const at = timestamp(options.clock.now());
  const batchEnd = sharedBatchEnd(drafts);
  return drafts.map((asked, index) => {
    const draft = withBatchEnd(asked, batchEnd);
    const number = first + index;
    const { group } = draft;
    const kept = keptOf(draft, variables);
    const environment = kept === undefined ? undefined : keep(kept);
    const after = options.parents(index, first);
    return accepted(draft.parents === undefined ? draft : withParents(draft, after), {
      id: makeTaskId(number, nameFrom(draft.name)),
      number,
      uid: uuid(),
      at,
      createdBy,
      source,
      ...(environment !== undefined && { environment }),
      ...(resubmitOf !== undefined && { resubmitOf }),
      ...(firing !== undefined && { scheduleId: firing.uid, firedFor: firing.firedFor }),
      ...(draft.definition !== undefined && { definition: draft.definition }),
      ...(draft.copiedMember !== undefined && { copiedMember: draft.copiedMember }),
      ...(drafts.length > 1 && { batch: options.batch }),
      // Members have consecutive numbers: the index in the group leads to the number of the first.
      ...(group !== undefined && { group: { ...group, id: number - (group.index - 1) } }),
      ...(joins !== undefined && { openGroup: joins }),
      ...codeOf(code?.(asked)),
    });
  });
}

function codeOf(code: Metadata["code"]): Pick<Metadata, "code"> {
  return code === undefined ? {} : { code };
}

/** Stores environments; one that tasks share is hashed and written once. */
function keeper(layout: Layout, nowMs: number): (variables: Readonly<Record<string, string>>) => string {
  const kept = new Map<Readonly<Record<string, string>>, string>();
  return (variables) => {
    const hash = kept.get(variables) ?? keepEnvironment(layout, variables, nowMs);
    kept.set(variables, hash);
    return hash;
  };
}

/** Any task of a batch may be the last to end and then notifies of `batchEnd`: each gets the receivers of all. */
function sharedBatchEnd(drafts: readonly Draft[]): Receiver[] {
  const asked = drafts.flatMap(({ spec }) => spec.on?.batchEnd ?? []);
  return [...new Map(asked.map((receiver) => [JSON.stringify(receiver), receiver])).values()].slice(
    0,
    MAX_RECEIVERS,
  );
}

function withBatchEnd(draft: Draft, batchEnd: Receiver[]): Draft {
  return batchEnd.length === 0
    ? draft
    : { ...draft, spec: { ...draft.spec, on: { ...draft.spec.on, batchEnd } } };
}

/** Parents named now replace those of the task that is submitted again, also where none of them is to be waited for. */
function withParents(draft: Draft, after: readonly Dependency[]): Draft {
  const { after: _earlier, ...spec } = draft.spec;
  return { ...draft, spec: { ...spec, ...(after.length > 0 && { after: [...after] }) } };
}
