import { findTask } from "../desk/select.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { readTask } from "../store/reader.ts";
import type { ApiOutcome } from "./endpoint.ts";
import type { ServerContext } from "./server-context.ts";

/** The data of a result as the answer. */
export async function answeredWith(
  result: Result<unknown, Problem> | Promise<Result<unknown, Problem>>,
): Promise<ApiOutcome> {
  const found = await result;
  return found.ok ? ok({ data: found.value }) : found;
}

/** The one task of a reference, as it is on the disk; of several ended ones with a name, the newest. */
export function taskNamed(
  { mirror, layout }: Pick<ServerContext, "mirror" | "layout">,
  reference: string,
): Result<Task, Problem> {
  const known = mirror.get(reference);
  const read = known.ok ? readTask(layout, known.value.metadata.id) : null;
  // One that was queued just now may not be in the mirror yet.
  return read?.ok === true ? read : findTask(layout, reference, () => {});
}

/** Identifies a version of a task. */
export function etagOf({ metadata: { uid, resourceVersion } }: Task): string {
  return `"${uid}.${resourceVersion}"`;
}
