import { existsSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { Task } from "../model/task.ts";

/** The folder that an attempt on this machine ran in, by its own folder: of a snapshot of code it had a checkout. */
export function workFolderOf({ metadata: { code }, spec: { kind } }: Task, directory: string): string {
  if (code?.snapshot === undefined) return kind.cwd;
  const checkout = join(directory, ATTEMPT_FILES.code, code.folder);
  return existsSync(checkout) ? checkout : kind.cwd;
}
