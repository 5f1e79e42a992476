import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { homePath } from "./home.ts";
import { findTasks } from "./select.ts";

/** Opens the home that is meant and finds what is named there, for verbs that only read. */
export function namedTasks(
  context: Context,
  call: { readonly home: string | undefined; readonly references: readonly string[] },
): Result<{ layout: Layout; tasks: Task[] }, Problem> {
  const home = openHome(homePath(context, call.home));
  if (!home.ok) return home;
  const tasks = findTasks(home.value, call.references);
  return tasks.ok ? ok({ layout: home.value, tasks: tasks.value }) : tasks;
}
