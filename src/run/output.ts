import { closeSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { openRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { LOG_FILES } from "../model/attempt-files.ts";
import { type NotStarted, refusedBySystem } from "./not-started.ts";

/** The paths of a job's logs: one for both streams in true order, or one each for stdout and stderr. */
export function outputFiles(directory: string, separate: boolean): string[] {
  const names = separate ? [LOG_FILES.stdout, LOG_FILES.stderr] : [LOG_FILES.both];
  return names.map((name) => join(directory, name));
}

/** Descriptors for a job's stdout and stderr, which may be the same. Disposing closes our copies. */
export interface LogOutput extends Disposable {
  readonly stdout: number;
  readonly stderr: number;
}

// Appending, because the log is cut while the job writes: a write goes to the current end.
const FLAGS = constants.O_WRONLY | constants.O_APPEND;

/** Opens the logs of an attempt for its job. */
export function openOutput(directory: string, separate: boolean): Result<LogOutput, NotStarted> {
  const opened: number[] = [];
  const close = (): void => opened.forEach((file) => closeSync(file));
  for (const path of outputFiles(directory, separate)) {
    try {
      // The log of a container may be owned by another user by now; then O_CREAT is refused in a sticky folder that all may write
      // (proc_sys_fs(5), protected_regular).
      opened.push(openRegularFile(path, existsSync(path) ? FLAGS : FLAGS | constants.O_CREAT));
    } catch (error) {
      close();
      return err(refusedBySystem(`Cannot open the log "${path}"`, error));
    }
  }
  const [stdout = -1, stderr = stdout] = opened;
  return ok({ stdout, stderr, [Symbol.dispose]: close });
}
