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

/*
 * Holds a job to its limits. This file owns the control groups of an attempt, which are named after the home and the attempt's token, and
 * the notes on them in the attempt's folder (`ATTEMPT_FILES`).
 *
 * Order of effects at a start:
 *   1. `limits.json` names the groups that are about to be made, and the limits that cannot be enforced.
 *   2. The groups are made and their values set. What the kernel refuses ends the attempt, or is noted where limits are best effort.
 *   3. The job starts behind a prefix (`limit-prefix.sh`) that joins the groups, sets the other limits on itself, and execs the program.
 *      A job without limits has no note and no prefix: its recording parent puts it into one plain group (`job-group.ts`).
 * Order at the end, once no process of the attempt lives:
 *   4. `group-end` gets what the group counted: OOM kills and the peak of memory.
 *   5. The groups are removed. While the kernel refuses, the end is not recorded; after MAX_REFUSALS checks the group stays, and is logged.
 *   6. The end is recorded (`record-end.ts`).
 *
 * Invariants: a group exists only while its attempt is open; the note is older than the group; no OOM kill is missed.
 * A crash after 1 or 2 leaves groups: adoption finds them by the note, or by their name where the folder is gone; those of an attempt that
 * never started are removed (`dropLimits`), and those of no open attempt at the next start (`sweepLimits`). A crash after 4 leaves the
 * counts on the disk, from which the next supervisor records the end.
 */

/** An empty group can be removed at once; one that still cannot after this many checks never can. */
const MAX_REFUSALS = 50;

interface Limiting {
  readonly task: Task;
  /** `runs/<id>/<attempt>` */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How a job must be launched for its limits to hold. */
export interface Limited {
  /** The arguments before its program. */
  readonly prefix: readonly string[];
  /** The group under which an engine puts its container, from the top of the hierarchy. */
  readonly parentGroup: string | null;
  /** The group that the recording parent puts the job into; null where the prefix joins one. */
  readonly group: string | null;
}

/** Makes the control groups of a job, and returns how to launch it; an error where a limit cannot be enforced. */
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

/** Makes a group; returns the note with what was refused, or an error where that is not allowed. */
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

/** The limits and groups of an adopted attempt; where its folder is gone, its groups are those that would be made now. */
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

/** The limits and groups of an attempt by its note; `group` is that of a job without a note. */
export function limitsOf(
  directory: string,
  { task, group }: { task: Task; group: string | null },
): Pick<Job, "limits" | "groups"> {
  // Without limits there is no note, and none is looked for: each system call delays a short job.
  const limits = task.spec.limits === undefined ? null : readNote(directory);
  return { limits, groups: limits?.group?.directories ?? (group === null ? [] : [group]) };
}

/** An attempt of an earlier supervisor. */
interface AdoptedAttempt {
  readonly directory: string;
  readonly task: Task;
  readonly token: string;
  /** The group that its recording parent noted. */
  readonly started: string | null;
}

function readNote(directory: string): LimitsNote | null {
  const text = textOf(join(directory, ATTEMPT_FILES.limits));
  // A torn note comes from a crash before the group was made.
  return text === null ? null : parseJson(limitsNote, text);
}

/** The evidence of the limits on a job's end. */
export interface LimitsEnd {
  readonly oomKilled: boolean;
  readonly peakMemoryBytes?: number;
  readonly unenforced?: readonly string[];
  /** Replaces the ending of the process, which was the prefix and never became the job. */
  readonly ending?: Ending;
}

/** Reads the counters of an attempt whose processes are gone, then removes its groups; null while the kernel refuses that. */
export function endLimits(supervisor: Supervisor, job: Job): LimitsEnd | null {
  const { limits: note, directory } = job;
  const end = endOf(job);
  if (note === null) return isGroupGone(supervisor, job) ? { oomKilled: end?.oomKilled ?? false } : null;
  const endPath = join(directory, ATTEMPT_FILES.groupEnd);
  const counted = textOf(endPath) ?? (note.group === null ? null : countsOf(note.group));
  // Written before the group is removed: after a crash, the next supervisor reads it here.
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

/** Removes the groups of a job whose processes are gone; false while the kernel refuses, up to MAX_REFUSALS times. */
function isGroupGone(supervisor: Supervisor, job: Job): boolean {
  if (job.groups.length === 0 || removeGroup(job.groups)) return true;
  const { phase } = job;
  if (!("end" in phase)) return false;
  phase.groupRefusals += 1;
  if (phase.groupRefusals < MAX_REFUSALS) return false;
  supervisor.context.log(`${job.id}: its control group could not be removed: ${job.groups.join(", ")}`);
  return true;
}

/**
 * True where a container ran out of memory. The engine's report counts where stint made no group. Where kills are counted only in the
 * container's own group, which is gone with it, our group's counter of limit hits and the signal KILL are the evidence.
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

/** The ending where the prefix ended instead of the job: the system refused a limit, or systemd made no scope; else null. */
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

/** Removes the groups of this home that belong to no open attempt. */
export function sweepLimits(supervisor: Supervisor): void {
  const { layout, limitBackend, log } = supervisor.context;
  const kept = new Set(
    supervisor.queue.active.map((task) => groupName(layout, openAttempt(task)?.token ?? "")),
  );
  for (const path of sweepGroups(limitBackend(), { prefix: groupPrefix(layout), kept }))
    log(`${path}: removed a control group that no attempt uses`);
}
