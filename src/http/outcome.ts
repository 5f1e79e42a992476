import { findTask } from "../desk/select.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import type { ApiOutcome } from "./endpoint.ts";

/** The data of a result as the answer. */
export async function answeredWith(
  result: Result<unknown, Problem> | Promise<Result<unknown, Problem>>,
): Promise<ApiOutcome> {
  const found = await result;
  return found.ok ? ok({ data: found.value }) : found;
}

/** The one task of a reference; of several ended ones with a name, the newest. */
export function taskNamed(layout: Layout, reference: string): Result<Task, Problem> {
  return findTask(layout, reference, () => {});
}

/** Identifies a version of a task. */
export function etagOf({ metadata: { uid, resourceVersion } }: Task): string {
  return `"${uid}.${resourceVersion}"`;
}
