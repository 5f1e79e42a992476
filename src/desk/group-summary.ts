import { failureOfAttempt } from "../model/attempt.ts";
import type { Group } from "../model/group.ts";
import { isActive, isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { ranTimes, sweepLeftMs } from "./sweep-eta.ts";

/** The state of a sweep; the format of `stint show GROUP --json`. */
export interface GroupSummary extends Omit<Group, "index" | "values"> {
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
  const states: Record<string, number> = {};
  for (const { status } of members) states[status.state] = (states[status.state] ?? 0) + 1;
  const failed = members.filter(({ status }) => status.state === "failed");
  const unfinished = {
    running: members.filter(({ status }) => isActive(status.state)),
    queued: members.filter(({ status }) => status.state === "queued"),
  };
  return {
    ...common,
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
