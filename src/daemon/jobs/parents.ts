import { existsSync } from "node:fs";
import { join } from "node:path";
import { ok } from "../../lib/result.ts";
import { ARTIFACTS_FOLDER } from "../../model/attempt-files.ts";
import { sweepPlaceOf } from "../../model/group.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Json, JsonObject } from "../../model/job-data.ts";
import { RUN_MOUNT } from "../../model/kind.ts";
import type { Task } from "../../model/task.ts";
import { readOutputs } from "../../run/outputs.ts";
import { TaskReader } from "../../store/reader.ts";
import type { Supervisor } from "../supervisor.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { unhiddenOutputs } from "./unhidden.ts";

/** A folder of this machine that a container sees and cannot change. */
export interface ReadOnlyMount {
  readonly host: string;
  readonly path: string;
}

/** A parent as its dependents find it in `parents.json`; paths are as the job sees them. */
interface Parent {
  readonly id: TaskId;
  readonly name: string | null;
  /** `gone` where its record was removed. */
  readonly state: string;
  /** Of a member of a sweep. */
  readonly values: Readonly<Record<string, string>>;
  readonly inputs: JsonObject;
  readonly outputs: JsonObject;
  /** Null where it has none, or the job cannot see it. */
  readonly artifacts: string | null;
  /** Of its last attempt. */
  readonly run: string | null;
}

/** Where a container sees the folders of parents. */
const PARENTS_MOUNT = "/stint/parents";
/** Each parent is a mount; an engine takes no more than some hundreds. */
const MAX_MOUNTS = 200;

/** What a job may know of its parents, in the order of its file. */
export function parentsOf(
  { context: { layout }, queue }: Supervisor,
  task: Task,
): { readonly parents: readonly Parent[]; readonly mounts: readonly ReadOnlyMount[] } {
  const { isInImage } = runnerOf(task.spec.kind);
  const reader = new TaskReader(layout);
  const mounts: ReadOnlyMount[] = [];
  const parents = (task.spec.after ?? []).map(({ task: id }): Parent => {
    const known = queue.tasks.get(id);
    const read = known === undefined ? reader.read(id) : ok(known);
    if (!read.ok) {
      const state = read.error.type === "missing" ? "gone" : "unreadable";
      return { id, name: null, state, values: {}, inputs: {}, outputs: {}, artifacts: null, run: null };
    }
    const found = read.value;
    const last = found.status.attempts.at(-1);
    const host = last === undefined ? null : layout.attempt(id, last.number);
    const isThere = host !== null && existsSync(host);
    const isSeen = isThere && (!isInImage || mounts.length < MAX_MOUNTS);
    const run = isSeen ? (isInImage ? join(PARENTS_MOUNT, id) : host) : null;
    if (isSeen && isInImage) mounts.push({ host, path: join(PARENTS_MOUNT, id) });
    const hasArtifacts = isSeen && existsSync(join(host, ARTIFACTS_FOLDER));
    return {
      id,
      name: found.metadata.name,
      state: found.status.state,
      values: sweepPlaceOf(found.metadata)?.values ?? {},
      inputs: found.spec.inputs ?? {},
      outputs: movedPaths(outputsOf(found, host), { from: ownRunOf(found, host), to: run }),
      artifacts: hasArtifacts && run !== null ? join(run, ARTIFACTS_FOLDER) : null,
      run,
    };
  });
  return { parents, mounts };
}

/** All outputs of a task, those that its record has no room for included. */
function outputsOf(task: Task, host: string | null): JsonObject {
  const last = task.status.attempts.at(-1);
  if (last === undefined || last.state === "running") return {};
  const { outputs = {}, outputsLeft = 0 } = last;
  if (host === null) return outputs;
  const file = outputsLeft > 0 ? readOutputs(host) : null;
  return { ...(file?.type === "read" && file.values), ...unhiddenOutputs(task, outputs, host) };
}

/** The run folder as the parent itself saw it. */
function ownRunOf({ spec }: Task, host: string | null): string | null {
  return runnerOf(spec.kind).isInImage ? RUN_MOUNT : host;
}

/** Paths in the run folder of the parent, as its dependent sees them. */
function movedPaths(
  outputs: JsonObject,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): JsonObject {
  if (from === null || to === null || from === to) return outputs;
  const moved = (value: Json): Json =>
    typeof value === "string" && value.startsWith(`${from}/`) ? to + value.slice(from.length) : value;
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, moved(value)]));
}
