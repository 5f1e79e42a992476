import type { Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { type Mask, maskFor } from "../../run/mask.ts";
import { matchingNames, namesFromSubmitter, secretValues } from "../../run/secrets.ts";
import { readEnvironment } from "../../store/environments.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { keepSecrets, readKeptSecrets } from "../../store/kept-secrets.ts";
import type { Layout } from "../../store/layout.ts";

type Variables = Readonly<Record<string, string>>;

/** The captured environment of a task; `own` where none was captured, null where the captured one is gone from env/. */
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

/** The secret values of a task: as they are now, and as its attempts got them. They are masked in its logs. */
function secretsOf(layout: Layout, task: Task, own: Variables): string[] {
  const captured = capturedFor(layout, task, own);
  const now = secretValues(task.spec.kind, (captured.ok ? captured.value : null) ?? {});
  return [...now, ...readKeptSecrets(layout, task.metadata.id)];
}

/** Stores the secret values that an attempt gets, where they may be different when its log is shown. */
export function keepSecretsOf(layout: Layout, { metadata, spec }: Task, values: readonly string[]): void {
  const areOfFile = (spec.kind.envFrom ?? []).some((source) => "file" in source);
  // Without a captured environment they come from this supervisor's own, and the next one may have others.
  if (areOfFile || metadata.environment === undefined) keepSecrets(layout, metadata.id, values);
}

export function maskOf(layout: Layout, task: Task, own: Variables): Mask {
  return maskFor(secretsOf(layout, task, own));
}

/** The mask of the texts of a job: the values that it got, and those that it may have read since. */
export function maskOfJob(
  { layout, environment }: { readonly layout: Layout; readonly environment: Variables },
  { task, job }: { readonly task: Task; readonly job: { readonly secrets?: readonly string[] } },
): Mask {
  // Captured values are known from the start; an `envFrom` file may hold others now.
  const isKnown = job.secrets !== undefined && task.spec.kind.envFrom === undefined;
  const secrets = isKnown ? [] : secretsOf(layout, task, environment);
  return maskFor([...secrets, ...(job.secrets ?? [])]);
}

/** The variables of the submitter to capture for a task: all where it inherits, else those it names; undefined for none. */
export function keptOf({ spec }: Draft, variables: Variables | undefined): Variables | undefined {
  if (variables === undefined || spec.kind.environment.policy !== "clear") return variables;
  const names = namesFromSubmitter(spec.kind);
  return names.length === 0 ? undefined : matchingNames(names, variables);
}
