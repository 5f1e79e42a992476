import { err, ok, type Result } from "../../lib/result.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { type Mask, maskFor } from "../../run/mask.ts";
import { matchingNames, namesFromSubmitter, readSources, secretValues } from "../../run/secrets.ts";
import { readEnvironment } from "../../store/environments.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { keepSecrets, readKeptSecrets } from "../../store/kept-secrets.ts";
import type { Layout } from "../../store/layout.ts";

type Variables = Readonly<Record<string, string>>;

/** What a task's submitter had; `own` where none was captured, null where what was captured is gone. */
export function capturedFor(
  layout: Layout,
  { metadata }: Task,
  own: Variables,
): Result<Variables | null, Problem> {
  const { environment: hash } = metadata;
  return tryFs("read the captured environment", () =>
    hash === undefined ? own : readEnvironment(layout, hash),
  );
}

/** The values that are hidden in what a task's job wrote: as they are now, and as its attempts were given them. */
export function secretsOf(layout: Layout, task: Task, own: Variables): string[] {
  const captured = capturedFor(layout, task, own);
  const now = secretValues(task.spec.kind, (captured.ok ? captured.value : null) ?? {});
  return [...now, ...readKeptSecrets(layout, task.metadata.id)];
}

/** Keeps the values that an attempt is given, where they may be others by the time its log is shown. */
export function keepSecretsOf(layout: Layout, { metadata, spec }: Task, values: readonly string[]): void {
  const areOfFile = (spec.kind.envFrom ?? []).some((source) => "file" in source);
  // Without a captured environment they are those of this supervisor, which the next one need not have.
  if (areOfFile || metadata.environment === undefined) keepSecrets(layout, metadata.id, values);
}

/** Hides the secrets of a task. */
export function maskOf(layout: Layout, task: Task, own: Variables): Mask {
  return maskFor(secretsOf(layout, task, own));
}

/** Refuses sources of variables that could not be read now, each with its reason; the submitter is absent for the inbox. */
export function refuseUnreadableSources(
  drafts: readonly Draft[],
  submitter: Variables | undefined,
): Result<null, Problem> {
  for (const { name, spec } of drafts) {
    const sources = (spec.kind.envFrom ?? []).filter((one) => submitter !== undefined || "file" in one);
    const read = readSources(sources, submitter ?? {});
    if (!read.ok) return err(problem("INVALID_TASK_FILE", `Cannot queue "${name}": ${read.error}`));
  }
  return ok(null);
}

/** What is kept of the submitter's environment for a task: all of it where it inherits, else what it names; absent for nothing. */
export function keptOf({ spec }: Draft, variables: Variables | undefined): Variables | undefined {
  if (variables === undefined || spec.kind.environment.policy !== "clear") return variables;
  const names = namesFromSubmitter(spec.kind);
  return names.length === 0 ? undefined : matchingNames(names, variables);
}
