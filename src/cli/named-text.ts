import { resolve } from "node:path";
import { refuseFolder } from "../desk/not-utf8.ts";
import { decodeTaskText, MAX_TEXT_BYTES, readNamedFile, readRefusal } from "../intake/task-text.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Context } from "./context.ts";

/** Reads a file that a command line names, or stdin for `-`; the problem says why it is no text of a task file. */
export function readNamedText(context: Context, file: string): Result<string, Problem> {
  try {
    const text =
      file === "-"
        ? decodeTaskText(context.readInput(MAX_TEXT_BYTES))
        : readNamedFile(resolve(context.cwd, file));
    return text.ok
      ? ok(text.value)
      : err(problem("INVALID_TASK_FILE", `Cannot read "${file}": ${text.error}`));
  } catch (error) {
    const misnamed = refuseFolder(context);
    if (misnamed !== null) return err(misnamed);
    return err(problem("NOT_FOUND", `Cannot read "${file}": ${readRefusal(error, "no such file")}`));
  }
}
