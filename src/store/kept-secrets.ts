import { rmSync } from "node:fs";

import { errnoOf } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import type { TaskId } from "../model/identity.ts";
import { secrets } from "../model/kind.ts";
import { replaceFile } from "./durable.ts";
import type { Layout } from "./layout.ts";

/** More than all sources of a task hold; whoever puts more there did not get it from us. */
const MAX_BYTES = 16 * 1_024 * 1_024;

/**
 * Keeps what is to be hidden in the logs of a task, as long as these logs are there: whatever the sources of these values hold
 * by then, and whichever process shows the log. Beside the captured environments, and not in the run's folder, which jobs copy about.
 */
export function keepSecrets(layout: Layout, id: TaskId, values: readonly string[]): void {
  const kept = readKeptSecrets(layout, id);
  const all = new Set([...kept, ...values]);
  if (all.size > kept.length) replaceFile(layout.secrets(id), `${JSON.stringify([...all])}\n`, layout.tmp);
}

/** What earlier attempts of a task and the present one were given to be hidden. */
export function readKeptSecrets(layout: Layout, id: TaskId): string[] {
  try {
    return parseJson(secrets, readOwnFile(layout.secrets(id), MAX_BYTES) ?? "") ?? [];
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return [];
  }
}

/** With the logs of a task. */
export function dropSecrets(layout: Layout, id: TaskId): void {
  rmSync(layout.secrets(id), { force: true });
}
