import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Attempt } from "../model/attempt.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { parseJson } from "../model/check.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { type JsonObject, jsonObject } from "../model/job-data.ts";
import { type ManifestParts, manifestParts, type Packages } from "../model/packages.ts";
import type { Task } from "../model/task.ts";
import { readEnvironment } from "../store/environments.ts";
import type { Layout } from "../store/layout.ts";
import type { TellNewest } from "./groups.ts";
import { findTask } from "./select.ts";

/** A task and one of its attempts, with what is kept of it beside the record. */
export interface Compared {
  readonly task: Task;
  /** Null where it has none. */
  readonly attempt: Attempt | null;
  /** Null where none were recorded. */
  readonly packages: Packages | null;
  /** What the attempt got; null where it had none, or they are not known. */
  readonly inputs: JsonObject | null;
  /** Null where none was captured, or it is gone. */
  readonly environment: Readonly<Record<string, string>> | null;
}

const MAX_MANIFEST_BYTES = 64 * 1_024 * 1_024;

/** Finds the task of a reference and its last attempt, or attempt 2 of `7/2`. */
export function comparedNamed(
  layout: Layout,
  reference: string,
  tellNewest?: TellNewest,
): Result<Compared, Problem> {
  const [, name = reference, number] = /^(.+)\/(\d+)$/.exec(reference) ?? [];
  const found = findTask(layout, name, tellNewest);
  if (!found.ok) return found;
  const { attempts } = found.value.status;
  const attempt =
    number === undefined ? attempts.at(-1) : attempts.find((one) => one.number === Number(number));
  if (number !== undefined && attempt === undefined) {
    const has =
      attempts.length === 0 ? "it has none" : `it has ${attempts.map((one) => one.number).join(", ")}`;
    return rejected("NOT_FOUND", `Cannot find attempt ${number} of "${found.value.metadata.id}": ${has}`);
  }
  return ok(comparedOf(layout, found.value, attempt ?? null));
}

export function comparedOf(layout: Layout, task: Task, attempt: Attempt | null): Compared {
  const { environment: hash } = task.metadata;
  return {
    task,
    attempt,
    inputs: attempt === null ? null : inputsOfAttempt(layout, task, attempt.number),
    packages: attempt === null ? null : packagesOf(layout, task, attempt.number),
    environment: hash === undefined ? null : unlessRefused(() => readEnvironment(layout, hash), null),
  };
}

/** The packages that an attempt ran with; null where they are not known. */
export function packagesOf(layout: Layout, task: Task, attempt: number): Packages | null {
  return manifestOf(layout, task, attempt)?.packages ?? null;
}

/** The inputs that an attempt got; null where it had none, or its folder is gone. */
export function inputsOfAttempt(layout: Layout, { metadata }: Task, attempt: number): JsonObject | null {
  const path = join(layout.attempt(metadata.id, attempt), ATTEMPT_FILES.inputs);
  return parseJson(jsonObject, unlessRefused(() => readOwnFile(path, MAX_MANIFEST_BYTES), null) ?? "");
}

/** The manifest of an attempt; null where it has none, or none that can be read. */
export function manifestOf(layout: Layout, { metadata }: Task, attempt: number): ManifestParts | null {
  const path = join(layout.attempt(metadata.id, attempt), ATTEMPT_FILES.manifest);
  const text = unlessRefused(() => readOwnFile(path, MAX_MANIFEST_BYTES), null);
  return parseJson(manifestParts, text ?? "");
}
