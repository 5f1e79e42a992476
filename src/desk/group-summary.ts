import { failureOfAttempt } from "../model/attempt.ts";
import type { Group } from "../model/group.ts";
import { isActive, isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readOpenGroup } from "../store/open-groups.ts";
import { ranTimes, sweepLeftMs } from "./sweep-eta.ts";

/** The state of some tasks that belong together. */
interface MembersSummary {
  /** Members that still have a record; the others were cleaned up. */
  readonly known: number;
  readonly ended: number;
  /** When it will have ended, in ms from now; null for no estimate. */
  readonly leftMs: number | null;
  readonly states: Readonly<Record<string, number>>;
  /** By failure code, the most frequent first. */
  readonly failures: readonly {
    readonly class: string;
    readonly code: string;
    readonly members: readonly string[];
  }[];
  readonly failed: readonly FailedMember[];
}

/** The state of a sweep; the format of `stint show SWEEP --json`. */
export interface GroupSummary extends Omit<Group, "index" | "values">, MembersSummary {}

/** The state of a group that several submissions filled; the format of `stint show GROUP --json`. */
export interface OpenGroupSummary extends MembersSummary {
  readonly name: string;
  readonly state: "open" | "closed";
  readonly openedAt: string | null;
  readonly openedBy: string | null;
  readonly closedAt: string | null;
  readonly closedBy: string | null;
}

interface FailedMember {
  readonly id: string;
  readonly number: number;
  readonly index: number;
  readonly values: Readonly<Record<string, string>>;
  readonly code: string | null;
  readonly message: string;
}

/** Summarizes the members of one sweep; throws where there is none. */
export function summaryOf(members: readonly Task[], nowMs: number): GroupSummary {
  const group = members[0]?.metadata.group;
  if (group === undefined) throw new Error("a sweep without members");
  const { index: _index, values: _values, ...common } = group;
  return { ...common, ...membersSummary(members, nowMs) };
}

/** Summarizes a group by its members and its file; without the file it is closed. */
export function openGroupSummary(
  layout: Layout,
  {
    name,
    members,
    nowMs,
  }: { readonly name: string; readonly members: readonly Task[]; readonly nowMs: number },
): OpenGroupSummary {
  const id = members[0]?.metadata.openGroup?.id;
  const read = readOpenGroup(layout, name);
  const group = id === undefined || read?.id === id ? read : null;
  return {
    name,
    state: group === null || group.closedAt !== undefined ? "closed" : "open",
    openedAt: group?.openedAt ?? null,
    openedBy: group?.openedBy ?? null,
    closedAt: group?.closedAt ?? null,
    closedBy: group?.closing?.by ?? null,
    ...membersSummary(members, nowMs),
  };
}

function membersSummary(members: readonly Task[], nowMs: number): MembersSummary {
  const states: Record<string, number> = {};
  for (const { status } of members) states[status.state] = (states[status.state] ?? 0) + 1;
  const failed = members.filter(({ status }) => status.state === "failed");
  const unfinished = {
    running: members.filter(({ status }) => isActive(status.state)),
    queued: members.filter(({ status }) => status.state === "queued"),
  };
  return {
    known: members.length,
    ended: members.filter(({ status }) => isTerminal(status.state)).length,
    leftMs: sweepLeftMs(unfinished, { ranMs: ranTimes(members), nowMs }),
    states,
    failures: failuresOf(failed),
    failed: failed.map(failedMember),
  };
}

function failuresOf(failed: readonly Task[]): GroupSummary["failures"] {
  const byCode = new Map<string, { class: string; code: string; members: string[] }>();
  for (const task of failed) {
    const failure = failureOfAttempt(task.status.attempts.at(-1));
    if (failure === null) continue;
    const entry = byCode.getOrInsertComputed(failure.code, (code) => ({
      class: failure.class,
      code,
      members: [],
    }));
    entry.members.push(task.metadata.id);
  }
  return [...byCode.values()].toSorted((left, right) => right.members.length - left.members.length);
}

function failedMember(task: Task): FailedMember {
  const { id, number, group } = task.metadata;
  const failure = failureOfAttempt(task.status.attempts.at(-1));
  return {
    id,
    number,
    index: group?.index ?? 0,
    values: group?.values ?? {},
    code: failure?.code ?? null,
    message: failure?.error ?? ("message" in task.status ? task.status.message : ""),
  };
}
