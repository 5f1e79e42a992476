import { closeSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { openRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { LOG_FILES } from "../model/attempt-files.ts";
import { type NotStarted, refusedBySystem } from "./not-started.ts";

/** The files that take a job's output: one in true order, or stdout and stderr apart. */
export function outputFiles(directory: string, separate: boolean): string[] {
  const names = separate ? [LOG_FILES.stdout, LOG_FILES.stderr] : [LOG_FILES.both];
  return names.map((name) => join(directory, name));
}

/** Open descriptors for a job's stdout and stderr; they may be the same. Disposing closes our copies of them. */
export interface LogOutput extends Disposable {
  readonly stdout: number;
  readonly stderr: number;
}

// Appending, because the log is cut while the job writes: a write always goes to the end of what is there then.
const FLAGS = constants.O_WRONLY | constants.O_APPEND;

/** Opens the logs of an attempt for its job. */
export function openOutput(directory: string, separate: boolean): Result<LogOutput, NotStarted> {
  const opened: number[] = [];
  const close = (): void => opened.forEach((file) => closeSync(file));
  for (const path of outputFiles(directory, separate)) {
    try {
      // The log of a container may be its user's by now, and where it lies none but that user may then make it (proc_sys_fs(5),
      // protected_regular).
      opened.push(openRegularFile(path, existsSync(path) ? FLAGS : FLAGS | constants.O_CREAT));
    } catch (error) {
      close();
      return err(refusedBySystem(`Cannot open the log "${path}"`, error));
    }
  }
  const [stdout = -1, stderr = stdout] = opened;
  return ok({ stdout, stderr, [Symbol.dispose]: close });
}
