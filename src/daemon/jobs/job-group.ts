import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/errno.ts";
import { jobGroupBase } from "../../machine/limit-backend.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Supervisor } from "../supervisor.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** Homes share a machine: each knows its own groups by the beginning of their names. */
export function groupPrefix({ home }: Layout): string {
  return `stint-${Bun.hash(home).toString(36)}-`;
}

/** The name of an attempt's groups, in whatever hierarchy. */
export function groupName(layout: Layout, token: string): string {
  return `${groupPrefix(layout)}${token}`;
}

/**
 * Where the group of a job without limits of its own lies: it holds the processes of the job together, whatever becomes of their
 * sessions and environments. Null where none can be had; an engine has its own.
 */
export function jobGroup({ context }: Supervisor, task: Task): string | null {
  const attempt = openAttempt(task);
  if (attempt === null || !runnerOf(task.spec.kind).hasOwnGroup) return null;
  const base = jobGroupBase(context.limitBackend());
  return base === null ? null : join(base, groupName(context.layout, attempt.token));
}

/** Makes that group; null where the system does not give it: then the job goes without. */
export function makeJobGroup(supervisor: Supervisor, task: Task): string | null {
  const group = jobGroup(supervisor, task);
  if (group === null) return null;
  try {
    mkdirSync(group);
    return group;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}
