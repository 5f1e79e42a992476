import { rmSync } from "node:fs";

import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import type { TaskId } from "../model/identity.ts";
import { secrets } from "../model/kind.ts";
import { replaceFile } from "./durable.ts";
import type { Layout } from "./layout.ts";

/** More than all sources of a task hold; a larger file is not from stint. */
const MAX_BYTES = 16 * 1_024 * 1_024;

/**
 * Saves the values to be hidden in the logs of a task, for as long as the logs exist: the sources may change, and any process may show
 * the log. They are beside the captured environments and not in the task's folder, which jobs copy.
 */
export function keepSecrets(layout: Layout, id: TaskId, values: readonly string[]): void {
  const kept = readKeptSecrets(layout, id);
  const all = new Set([...kept, ...values]);
  if (all.size > kept.length) replaceFile(layout.secrets(id), `${JSON.stringify([...all])}\n`, layout.tmp);
}

/** The values to be hidden, of all attempts of a task. */
export function readKeptSecrets(layout: Layout, id: TaskId): string[] {
  const text = unlessRefused(() => readOwnFile(layout.secrets(id), MAX_BYTES), null);
  return parseJson(secrets, text ?? "") ?? [];
}

/** Removes the values; called when the logs of a task are removed. */
export function dropSecrets(layout: Layout, id: TaskId): void {
  rmSync(layout.secrets(id), { force: true });
}
