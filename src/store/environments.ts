import { existsSync, lstatSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { sha256 } from "../lib/sha256.ts";
import { parseJson } from "../model/check.ts";
import { environment } from "../model/kind.ts";
import { replaceSynced } from "./durable.ts";
import { ifThere } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** A younger environment that no record names may belong to a submission in progress. */
const MIN_UNUSED_AGE_MS = 3_600_000;

/** Saves an environment, once for all tasks that share it; returns its hash, by which records name it. */
export function keepEnvironment(
  layout: Layout,
  variables: Readonly<Record<string, string>>,
  nowMs: number,
): string {
  const sorted = Object.fromEntries(
    Object.entries(variables).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
  const text = `${JSON.stringify(sorted)}\n`;
  const hash = sha256(text);
  const path = layout.environment(hash);
  if (existsSync(path)) {
    utimesSync(path, nowMs / 1_000, nowMs / 1_000);
  } else {
    replaceSynced(path, text, layout.tmp);
  }
  failpoint("environment:kept");
  return hash;
}

/** The variables of a hash; null where the file is missing or damaged. */
export function readEnvironment(layout: Layout, hash: string): Record<string, string> | null {
  return parseJson(environment, ifThere(() => readRegularFile(layout.environment(hash))) ?? "");
}

/** Removes old environments that no record names, and the secrets of tasks that are gone. */
export function dropUnusedEnvironments(
  layout: Layout,
  isUsed: (name: string) => boolean,
  nowMs: number,
): void {
  for (const name of readdirSync(layout.environments)) {
    const path = join(layout.environments, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (
      stat === undefined ||
      !stat.isFile() ||
      isUsed(name.replace(/\.json$/, "")) ||
      nowMs - stat.mtimeMs < MIN_UNUSED_AGE_MS
    )
      continue;
    rmSync(path, { force: true });
    failpoint("environment:dropped");
  }
}
