import { type CodeLook, lookAtCode } from "../daemon/admit/code.ts";
import { enqueue } from "../daemon/admit/enqueue.ts";
import type { SameWork } from "../daemon/admit/same-work.ts";
import type { Settings } from "../intake/default-settings.ts";
import { counted } from "../lib/counted.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Code } from "../model/code.ts";
import { isPermanent, type Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { closeHint, type OpenGroupMark } from "../model/open-group.ts";
import { gpusOf } from "../model/resources.ts";
import type { FiringIdentity } from "../model/schedule.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import type { Machine } from "../plan/input.ts";
import { newBatch, publishBatch } from "../store/batch.ts";
import { isFirstTime } from "../store/first-time.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { rememberSubmitted } from "../store/numbers.ts";
import { dropOpenGroup } from "../store/open-groups.ts";
import { tellOfAbsences } from "./absences.ts";
import { admit, looksIntoQueue } from "./admission.ts";
import type { Caller } from "./caller.ts";
import { droppedVariables } from "./not-utf8.ts";
import { sameWorkLines, withoutReuseLines } from "./same-work.ts";
import { type Around, environmentFor, prepareDrafts } from "./submission-check.ts";
import { tellOfTexts } from "./text-notes.ts";

/** What a copy of a task takes over from it. */
export interface Repeated {
  readonly resubmitOf?: TaskId;
  /** In place of the code and the environment of the submitter. */
  readonly code?: Code;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The drafts to queue, and their origin. */
interface Submission extends Repeated {
  readonly drafts: readonly Draft[];
  readonly settings: Settings;
  /** Set where a schedule is run by hand, once a supervisor knows it. */
  readonly firing?: FiringIdentity;
  /** True where a schedule is run by hand: as at a firing, its jobs get environment and umask of the supervisor that starts them. */
  readonly isOfSchedule?: true;
  /** Default: the command line. What comes from elsewhere is not what a user means by `@`. */
  readonly source?: "inbox";
  /** True where the caller waits for the tasks, and tells of absences itself. */
  readonly isAwaited?: boolean;
  /** The group that the tasks join; the first of them opens it. */
  readonly to?: string | undefined;
}

/** The tasks that do the work: those that were queued, and those that do it or have done it already. */
export interface Submitted {
  readonly tasks: readonly Task[];
  /** Tasks that have done it, and whose records were cleaned up. */
  readonly gone: readonly SameWork[];
}

/**
 * Queues the drafts of a command line; without a supervisor, publishes them to pending/ itself. A draft whose work another task does or
 * has done is not queued, and that task is returned in its place.
 */
export async function submitDrafts(
  caller: Caller,
  layout: Layout,
  submission: Submission,
): Promise<Result<Submitted, Problem>> {
  const { clock } = caller;
  const asked = submission.drafts;
  const { code: taken } = submission;
  const look: CodeLook =
    taken !== undefined
      ? async () => ok(() => taken)
      : lookAtCode(asked, { layout, env: caller.env, clock, tell: caller.err });
  // The code is a part of what tells whether the work is done.
  const early = asked.some(({ spec }) => spec.reuse === true) ? await look() : null;
  if (early?.ok === false) return early;
  const code: CodeLook = early === null ? look : async () => early;
  if (early !== null)
    for (const line of withoutReuseLines(asked, early.value)) caller.err(`stint: ${line}\n`);
  // Before the turn: to probe the machine may take seconds.
  const prepared = await prepareDrafts(caller, layout, { ...submission, code: early?.value });
  if (!prepared.ok) return prepared;
  const { around } = prepared.value;
  if (submission.isOfSchedule !== true) tellOfDropped(caller, asked);
  if (prepared.value.drafts.length === 0) return ok(toldOf(caller, prepared.value.same));
  const { to } = submission;
  if (to === undefined && !asked.some(looksIntoQueue)) {
    const queued = await queue(caller, layout, { submission, around, code, drafts: asked });
    return queued.ok ? ok({ tasks: queued.value, gone: [] }) : queued;
  }
  const { takeSubmitTurn } = await import("../store/submit-turn.ts");
  const turn = await takeSubmitTurn(layout, clock, { isNeeded: to !== undefined });
  if (!turn.ok) return turn;
  await using _held = turn.value;
  const admitted = admit(layout, { drafts: asked, nowMs: clock.now(), code: early?.value });
  if (!admitted.ok) return admitted;
  const { drafts, same } = admitted.value;
  const found = toldOf(caller, same);
  if (drafts.length === 0) return ok(found);
  const queued = await queueInGroup(caller, layout, { submission, around, code, drafts });
  return queued.ok ? ok({ ...found, tasks: [...found.tasks, ...queued.value] }) : queued;
}

/** The same as `queue`, for drafts that may join a group. */
async function queueInGroup(caller: Caller, layout: Layout, of: Queueing): Promise<Result<Task[], Problem>> {
  const { to } = of.submission;
  if (to === undefined) return queue(caller, layout, of);
  const { joinGroup } = await import("./open-groups.ts");
  const joined = joinGroup(caller, layout, { name: to, drafts: of.drafts });
  if (!joined.ok) return joined;
  const { group, isNew } = joined.value;
  const queued = await queue(caller, layout, { ...of, joins: { id: group.id, name: group.name } });
  // Not where the tasks may be queued all the same.
  if (!queued.ok && isNew && isPermanent(queued.error)) dropOpenGroup(layout, group);
  if (queued.ok && isNew) caller.err(`stint: ${closeHint(to)}\n`);
  return queued;
}

interface Queueing {
  readonly submission: Submission;
  readonly around: Around;
  readonly code: CodeLook;
  readonly drafts: readonly Draft[];
  readonly joins?: OpenGroupMark;
}

/** Reports the variables that jobs will not get. */
function tellOfDropped(caller: Caller, drafts: readonly Draft[]): void {
  if (!drafts.some(({ spec }) => spec.kind.environment.policy === "inherit")) return;
  const dropped = droppedVariables();
  if (dropped.length > 0)
    caller.err(
      `stint: the job will not get ${dropped.join(", ")}: the name of the variable is not UTF-8 text\n`,
    );
}

/** Reports the tasks that stand for drafts with their keys. */
export function toldOf(caller: Pick<Caller, "err">, same: readonly SameWork[]): Submitted {
  for (const line of sameWorkLines(same)) caller.err(`stint: ${line}\n`);
  return {
    tasks: same.flatMap(({ task }) => task ?? []),
    gone: same.filter(({ task }) => task === null),
  };
}

async function queue(caller: Caller, layout: Layout, of: Queueing): Promise<Result<Task[], Problem>> {
  const { submission, around, drafts } = of;
  const { resubmitOf, firing, isOfSchedule, source = "cli" } = submission;
  const code = await of.code();
  if (!code.ok) return code;
  tellOfGpus(caller, layout, { drafts, machine: around.machine });
  const batch = newBatch();
  const asked = new Map(
    drafts.map((draft) => [isOfSchedule ? draft : withUmask(draft, caller.umask()), code.value(draft)]),
  );
  const accepted = enqueue(layout, [...asked.keys()], {
    batch,
    ...around,
    clock: caller.clock,
    createdBy: caller.user(),
    source,
    ...(submission.environment === undefined
      ? environmentFor(caller, submission)
      : { environment: submission.environment }),
    code: (draft) => asked.get(draft),
    ...(resubmitOf !== undefined && { resubmitOf }),
    ...(firing !== undefined && { firing }),
    ...(of.joins !== undefined && { joins: of.joins }),
  });
  if (!accepted.ok) return accepted;
  // From here on the tasks are queued, whatever else goes wrong.
  if (submission.isAwaited !== true) tellOfAbsences(caller, drafts);
  const numbers = accepted.value.map(({ metadata }) => metadata.number);
  if (source === "cli") tryFs("remember what was submitted", () => rememberSubmitted(layout, numbers));
  if (lockOwner(layout) === null) tryFs("publish the batch", () => publishBatch(layout, batch));
  await tellOfTexts(caller, drafts);
  return accepted;
}

/** Records the umask of the submitter, as with the environment: that of the supervisor may differ. A container has no use for it. */
function withUmask(draft: Draft, umask: string): Draft {
  const { kind } = draft.spec;
  if (kind.type !== "subprocess" || kind.umask !== undefined) return draft;
  return { ...draft, spec: { ...draft.spec, kind: { ...kind, umask } } };
}

/** Warns, once in a home, of tasks that do not say whether they need a GPU: a forgotten request would show only when the job runs. */
function tellOfGpus(
  caller: Caller,
  layout: Layout,
  { drafts, machine }: { readonly drafts: readonly Draft[]; readonly machine: Machine },
): void {
  const silent = drafts.filter(
    ({ spec }) => spec.resources.gpus === undefined && gpusOf(spec.resources) === 0,
  ).length;
  if (machine.devices.length === 0 || silent === 0) return;
  if (!isFirstTime(layout.gpuNote)) return;
  const who = counted(silent, "task asks", "tasks ask");
  caller.err(
    `stint: ${who} for no GPU and will see none. Ask for one with --gpus 1. (This note comes once.)\n`,
  );
}
