import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../../lib/errno.ts";
import { jobGroupBase } from "../../machine/limit-backend.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Supervisor } from "../supervisor.ts";
import { runnerOf } from "./runners/runner-of.ts";

/** The prefix of the control groups of a home: several homes share a machine. */
export function groupPrefix({ home }: Layout): string {
  return `stint-${Bun.hash(home).toString(36)}-`;
}

/** The name of an attempt's groups, in every hierarchy. */
export function groupName(layout: Layout, token: string): string {
  return `${groupPrefix(layout)}${token}`;
}

/**
 * The path of the control group of a job without limits: its processes are found by it even where they left the session and cleared
 * their environment. Null where the system offers none, and for containers, whose engine makes one.
 */
export function jobGroup({ context }: Supervisor, task: Task): string | null {
  const attempt = openAttempt(task);
  if (attempt === null || !runnerOf(task.spec.kind).hasOwnGroup) return null;
  const base = jobGroupBase(context.limitBackend());
  return base === null ? null : join(base, groupName(context.layout, attempt.token));
}

/** Makes that group; null where the system refuses: the job then runs without one. */
export function makeJobGroup(supervisor: Supervisor, task: Task): string | null {
  const group = jobGroup(supervisor, task);
  if (group === null) return null;
  return unlessRefused(() => {
    mkdirSync(group);
    return group;
  }, null);
}
