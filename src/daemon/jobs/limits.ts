import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../../lib/failpoint.ts";
import { textOf } from "../../lib/file-text.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { keyedCount } from "../../machine/cgroup-texts.ts";
import { missesKillsBelow } from "../../machine/cgroup-v1.ts";
import { countsOf, makeGroup, memoryEnd, removeGroup, sweepGroups } from "../../machine/group.ts";
import { unenforceable } from "../../machine/limits.ts";
import { limitPrefix } from "../../machine/prefix.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { parseJson } from "../../model/check.ts";
import { type ControlGroup, type LimitsNote, limitsNote } from "../../model/control-group.ts";
import type { Ending } from "../../model/evidence.ts";
import type { Limits } from "../../model/limits.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { NotStarted } from "../../run/launch.ts";
import { inDamagedFolder } from "../../run/records.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, type Job } from "./job.ts";
import { groupName, groupPrefix, jobGroup, makeJobGroup } from "./job-group.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** A group that its last process has left can be removed at once; one that cannot by now never can. */
const MAX_REFUSALS = 50;

interface Limiting {
  readonly task: Task;
  /** Of the attempt. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a job is begun so that its limits hold. */
export interface Limited {
  /** Put before its program. */
  readonly prefix: readonly string[];
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
  /** The group that the recording parent puts the job into; null where the prefix sees to it. */
  readonly group: string | null;
}

/** Makes what holds a job together and to its limits, and tells how it is to be begun. */
export function prepareLimits(supervisor: Supervisor, limiting: Limiting): Result<Limited, NotStarted> {
  const { task, directory, environment } = limiting;
  const { limits, attempt } = { limits: task.spec.limits, attempt: openAttempt(task) };
  if (attempt === null) throw new Error(`${task.metadata.id} has no open attempt`);
  const runner = runnerOf(task.spec.kind);
  const ownGroup = (): string | null => makeJobGroup(supervisor, task);
  if (limits === undefined) return ok({ prefix: [], parentGroup: null, group: ownGroup() });
  const { layout, log } = supervisor.context;
  const backend = supervisor.context.limitBackend();
  const unenforced = unenforceable(limits, backend.controllers);
  const bestEffort = limits.bestEffort === true;
  if (unenforced.length > 0 && !bestEffort)
    return err({ code: "INVALID_SPEC", error: `${cannot(unenforced)} on this machine` });
  const name = groupName(layout, attempt.token);
  const place = runner.placeGroup(limits, { backend, name });
  const { group, parentGroup } = place;
  const note: LimitsNote = { group, isScoped: place.isScoped, bestEffort, unenforced };
  writeNote(directory, note);
  failpoint("limits:noted");
  const made = group === null ? ok(note) : make(supervisor, { group, note, limits: place.ours });
  if (!made.ok) return made;
  if (made.value !== note) writeNote(directory, made.value);
  failpoint("limits:made");
  if (made.value.unenforced.length > 0)
    log(`${task.metadata.id}: runs without ${made.value.unenforced.join(", ")}, as bestEffort allows`);
  const groups = made.value.group?.directories ?? [];
  if (!runner.hasOwnGroup)
    return ok({ prefix: [], parentGroup: made.value.group === null ? null : parentGroup, group: null });
  return ok({
    prefix: limitPrefix({ limits, token: attempt.token, directory, groups, environment }, backend),
    parentGroup,
    group: made.value.group === null ? ownGroup() : null,
  });
}

/** Makes a group; gives the note as it is then. */
function make(
  supervisor: Supervisor,
  { group, note, limits }: { group: ControlGroup; note: LimitsNote; limits: Limits },
): Result<LimitsNote, NotStarted> {
  const backend = supervisor.context.limitBackend();
  let refused: string[];
  let reason = "the kernel refused the value";
  try {
    refused = makeGroup(group, limits, backend);
  } catch (error) {
    reason = String(error);
    refused = unenforceable(limits, []);
  }
  if (refused.length === 0) return ok(note);
  if (!note.bestEffort) {
    removeGroup(group.directories);
    return err({ code: "RUNTIME_ERROR", error: `${cannot(refused)}: ${reason}` });
  }
  const isMade = group.directories.every((directory) => existsSync(directory));
  if (!isMade) removeGroup(group.directories);
  return ok({
    ...note,
    group: isMade ? group : null,
    unenforced: [...new Set([...note.unenforced, ...refused])],
  });
}

function cannot(names: readonly string[]): string {
  return `Cannot enforce ${names.join(", ")}`;
}

function writeNote(directory: string, note: LimitsNote): void {
  writeFileSync(join(directory, ATTEMPT_FILES.limits), `${JSON.stringify(note)}\n`, { mode: 0o600 });
}

/** The same of an attempt that is taken over; where its directory is gone, its groups are where they would be made now. */
export function adoptedLimits(
  supervisor: Supervisor,
  { directory, task, token, started }: AdoptedAttempt,
): Pick<Job, "limits" | "groups"> {
  const noted = limitsOf(directory, { task, group: started ?? jobGroup(supervisor, task) });
  const { limits } = task.spec;
  if (limits === undefined || noted.limits !== null) return noted;
  const { context } = supervisor;
  const { group } = runnerOf(task.spec.kind).placeGroup(limits, {
    backend: context.limitBackend(),
    name: groupName(context.layout, token),
  });
  const note = { group, isScoped: false, bestEffort: limits.bestEffort === true, unenforced: [] };
  return { limits: note, groups: group?.directories ?? [] };
}

/** How an attempt was limited, as its directory tells; `group` is that of a job whose limits have none. */
export function limitsOf(
  directory: string,
  { task, group }: { task: Task; group: string | null },
): Pick<Job, "limits" | "groups"> {
  // Without limits there is no note, and nothing is looked for: a short job feels every system call.
  const limits = task.spec.limits === undefined ? null : readNote(directory);
  return { limits, groups: limits?.group?.directories ?? (group === null ? [] : [group]) };
}

/** An attempt of an earlier holder. */
interface AdoptedAttempt {
  readonly directory: string;
  readonly task: Task;
  readonly token: string;
  /** The group that its recording parent noted. */
  readonly started: string | null;
}

function readNote(directory: string): LimitsNote | null {
  const text = textOf(join(directory, ATTEMPT_FILES.limits));
  // A note that is torn was written by one who had not come to making the group.
  return text === null ? null : parseJson(limitsNote, text);
}

/** What a job's limits say of its end. */
export interface LimitsEnd {
  readonly oomKilled: boolean;
  readonly peakMemoryBytes?: number;
  readonly unenforced?: readonly string[];
  /** Takes the place of what the process told: it never became the job. */
  readonly ending?: Ending;
}

/** Takes stock of an attempt whose processes are gone, then removes its group; null while the kernel still holds it. */
export function endLimits(supervisor: Supervisor, job: Job): LimitsEnd | null {
  const { limits: note, directory } = job;
  const end = endOf(job);
  if (note === null) return isGroupGone(supervisor, job) ? { oomKilled: end?.oomKilled ?? false } : null;
  const endPath = join(directory, ATTEMPT_FILES.groupEnd);
  const counted = textOf(endPath) ?? (note.group === null ? null : countsOf(note.group));
  // On disk before the group is gone: whoever comes after a crash reads it there.
  if (counted !== null && !existsSync(endPath))
    inDamagedFolder(() => writeFileSync(endPath, counted, { mode: 0o600 }), undefined);
  failpoint("limits:counted");
  if (!isGroupGone(supervisor, job)) return null;
  failpoint("limits:removed");
  const { oomKilled, peakBytes } = memoryEnd(counted ?? "");
  const missed = (textOf(join(directory, ATTEMPT_FILES.limitsMissed)) ?? "").split("\n").filter(Boolean);
  const unenforced = note.bestEffort ? [...note.unenforced, ...missed] : [];
  const ending = end === null ? null : neverBegan(job, { note, missed });
  return {
    oomKilled: oomKilled || isContainerOutOfMemory({ note, end, counted }),
    ...(peakBytes !== null && { peakMemoryBytes: peakBytes }),
    ...(unenforced.length > 0 && { unenforced }),
    ...(ending !== null && { ending }),
  };
}

/** Removes the groups of a job whose processes are gone; false while the kernel still holds one, for a time. */
function isGroupGone(supervisor: Supervisor, job: Job): boolean {
  if (job.groups.length === 0 || removeGroup(job.groups)) return true;
  const { phase } = job;
  if (!("end" in phase)) return false;
  phase.groupRefusals += 1;
  if (phase.groupRefusals < MAX_REFUSALS) return false;
  supervisor.context.log(`${job.id}: its control group stays: ${job.groups.join(", ")}`);
  return true;
}

/**
 * The engine's own word counts where no group of ours does. Where kills are counted in the container's group alone, which went with
 * it, the limit that was met and the signal tell.
 */
function isContainerOutOfMemory(about: {
  readonly note: LimitsNote;
  readonly end: ReturnType<typeof endOf>;
  readonly counted: string | null;
}): boolean {
  const { note, end, counted } = about;
  if (end?.oomKilled === undefined || end.ending.type !== "exited") return false;
  if (note.group === null) return end.oomKilled && end.ending.exitCode !== 0;
  const hasMetLimit = keyedCount(counted ?? "", "oom") > 0;
  return missesKillsBelow(note.group) && hasMetLimit && end.ending.signal === "SIGKILL";
}

/** What ended was the prefix, not the job: a limit was refused at the last moment, or systemd made no scope. */
function neverBegan(
  job: Job,
  { note, missed }: { note: LimitsNote; missed: readonly string[] },
): Ending | null {
  const end = endOf(job);
  if (end?.ending.type !== "exited") return null;
  if (missed.length > 0 && !note.bestEffort)
    return {
      type: "notStarted",
      code: "INVALID_SPEC",
      error: `${cannot(missed)}: the system refused the value`,
    };
  const hasScope = !note.isScoped || existsSync(join(job.directory, ATTEMPT_FILES.groupScope));
  if (hasScope || end.ending.exitCode === 0) return null;
  return {
    type: "notStarted",
    code: "RUNTIME_ERROR",
    error: "Cannot enforce the limits: systemd made no scope, its reason is in the log of the attempt",
  };
}

/** Removes the group of an attempt that never started. */
export function dropLimits(directory: string): void {
  const note = readNote(directory);
  if (note?.group) removeGroup(note.group.directories);
}

/** Removes the groups of this home that no open attempt has: those of attempts whose directory is gone. */
export function sweepLimits(supervisor: Supervisor): void {
  const { layout, limitBackend, log } = supervisor.context;
  const kept = new Set(
    supervisor.queue.active.map((task) => groupName(layout, openAttempt(task)?.token ?? "")),
  );
  for (const path of sweepGroups(limitBackend(), { prefix: groupPrefix(layout), kept }))
    log(`${path}: was left over, removed`);
}
