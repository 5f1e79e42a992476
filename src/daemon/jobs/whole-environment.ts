import { existsSync } from "node:fs";
import { err, ok, type Result } from "../../lib/result.ts";
import type { EnvironmentSource } from "../../model/kind.ts";
import type { Task } from "../../model/task.ts";
import { describeUnset, environmentOfKind } from "../../run/environment.ts";
import type { NotStarted } from "../../run/launch.ts";
import { refuseMissing } from "../../run/missing.ts";
import { readSources } from "../../run/secrets.ts";
import { srunVariables } from "../../run/slurm.ts";
import type { Supervisor } from "../supervisor.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { variablesOfTrackers } from "./tracking.ts";

type Variables = Readonly<Record<string, string>>;

/** The environment of a job, of all its layers. */
export function wholeEnvironment(
  { context: { layout } }: Supervisor,
  of: {
    readonly task: Task;
    readonly captured: Variables;
    /** The folder of the attempt, as the job sees it. */
    readonly run: string;
    readonly runnerLayer: Variables;
  },
): Result<Record<string, string>, NotStarted> {
  const { task, captured, run, runnerLayer } = of;
  const { kind, slurm } = task.spec;
  const { isInImage } = runnerOf(kind);
  const sources = readSources(kind.envFrom ?? [], captured);
  if (!sources.ok) return err(refusedSources(kind.envFrom ?? [], sources.error));
  const { environment, unset } = environmentOfKind(kind, {
    ...variablesOfTrackers(task, { layout, run, captured }),
    sources: sources.value,
    runner: runnerLayer,
    isInImage,
  });
  const [missing] = unset;
  if (missing !== undefined) {
    const error = `Cannot start "${task.metadata.id}": ${describeUnset(missing)}`;
    return err({ code: "INVALID_SPEC", error });
  }
  if (slurm !== undefined && !isInImage)
    Object.assign(environment, srunVariables(layout.programs, environment["PATH"]));
  return ok(environment);
}

function refusedSources(sources: readonly EnvironmentSource[], error: string): NotStarted {
  const gone = sources.find((source) => "file" in source && !existsSync(source.file));
  return gone !== undefined && "file" in gone
    ? refuseMissing(gone.file, error)
    : { code: "INVALID_SPEC", error };
}
