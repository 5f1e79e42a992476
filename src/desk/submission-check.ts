import type { CodeOf } from "../daemon/admit/code.ts";
import { checkDrafts, refuseUnfit } from "../daemon/admit/enqueue.ts";
import { QueueView } from "../daemon/admit/queue-view.ts";
import type { Settings } from "../intake/default-settings.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Draft } from "../model/submission.ts";
import type { Machine } from "../plan/input.ts";
import { type FoundHome, lookAtHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { type Admission, admit } from "./admission.ts";
import type { Caller } from "./caller.ts";
import { configSeen } from "./config-seen.ts";
import { refuseMangled } from "./draft-bytes.ts";
import { inheritable } from "./inheritable.ts";
import { machineFor } from "./machine.ts";

/** The drafts to check, and the settings of their home. */
interface Asked {
  readonly drafts: readonly Draft[];
  readonly settings: Settings;
}

/** The machine that drafts must fit. */
export interface Around {
  readonly machine: Machine;
  readonly controllers: readonly string[];
}

/** What is to be queued, before it is checked against the queue by `checkDrafts`. */
type Prepared = Admission & { readonly around: Around };

/** Refuses what a submission refuses before it looks for parents, and finds what else it is checked against. Changes nothing. */
export async function prepareDrafts(
  caller: Caller,
  layout: Layout,
  {
    drafts,
    settings,
    code,
    isMade = true,
  }: Asked & Partial<Pick<FoundHome, "isMade">> & { readonly code?: CodeOf | undefined },
): Promise<Result<Prepared, Problem>> {
  const carried = refuseMangled(caller, drafts);
  if (!carried.ok) return carried;
  const admitted = isMade
    ? admit(layout, { drafts, nowMs: caller.clock.now(), code })
    : ok({ drafts, same: [] });
  if (!admitted.ok) return admitted;
  const around = await aroundOf(caller, layout, { drafts: admitted.value.drafts, settings });
  return ok({ ...admitted.value, around });
}

/** The variables that jobs inherit from their submitter; those of a schedule get the supervisor's. */
export function environmentFor(
  { env }: Pick<Caller, "env">,
  { isOfSchedule = false }: { readonly isOfSchedule?: boolean } = {},
): { readonly environment?: Readonly<Record<string, string>> } {
  return isOfSchedule ? {} : { environment: inheritable(env) };
}

/** What `submitDrafts` would queue in the home at `path` now; the error is its refusal. Makes nothing. */
export async function checkSubmission(
  caller: Caller,
  path: string,
  asked: Asked,
): Promise<Result<Admission, Problem>> {
  const home = lookAtHome(path);
  if (!home.ok) return home;
  const { layout, isMade } = home.value;
  const prepared = await prepareDrafts(caller, layout, { ...asked, isMade });
  if (!prepared.ok) return prepared;
  const { around, ...admission } = prepared.value;
  const seen = new QueueView(layout, { isMade });
  const checked = checkDrafts(admission.drafts, { ...around, ...environmentFor(caller), seen });
  return checked.ok ? ok(admission) : checked;
}

/** Refuses drafts of schedules that this machine cannot run; the tasks and files that they need may be there when they fire. */
export async function checkScheduled(
  caller: Caller,
  layout: Layout,
  asked: Asked,
): Promise<Result<null, Problem>> {
  return refuseUnfit(asked.drafts, await aroundOf(caller, layout, asked));
}

async function aroundOf(caller: Caller, layout: Layout, { drafts, settings }: Asked): Promise<Around> {
  const owner = lockOwner(layout);
  const { scheduling } = await configSeen(caller, layout, { owner, given: settings });
  return {
    machine: await machineFor(caller, layout, { drafts, scheduling, owner }),
    // A supervisor may be able to enforce more limits than this process, or fewer.
    controllers: owner?.controllers ?? (await ownControllers(caller, drafts)),
  };
}

/** The limits that a supervisor started from here could enforce; detected only if a draft has limits. */
async function ownControllers(caller: Caller, drafts: readonly Draft[]): Promise<readonly string[]> {
  if (drafts.every(({ spec }) => spec.limits === undefined)) return [];
  const { detectLimitBackend, thisMachine } = await import("../machine/limit-backend.ts");
  return detectLimitBackend(thisMachine(caller.env)).controllers;
}
