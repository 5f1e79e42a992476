import { MAX_TEXT_BYTES } from "../intake/task-text.ts";
import { runBounded } from "../lib/bounded-process.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { readNamedText } from "./named-text.ts";

/** A program that prints what it has at once. */
const TIMEOUT_MS = 30_000;

/** The text to import, and its name in messages. */
export interface ImportSource {
  readonly shown: string;
  readonly text: string;
}

/** Reads the file that was named, `-` for stdin; without one, what a program of the other tool prints. */
export async function importSource(
  context: Context,
  file: string | undefined,
  program: readonly [string, ...string[]],
): Promise<Result<ImportSource, Problem>> {
  if (file === undefined) {
    if (context.hasInput())
      context.err(`stint: stdin was not read, but \`${program.join(" ")}\`; - reads stdin\n`);
    return printedBy(context, program);
  }
  const text = readNamedText(context, file);
  return text.ok ? ok({ shown: file === "-" ? "stdin" : file, text: text.value }) : text;
}

async function printedBy(
  { env, cwd }: Context,
  [program, ...words]: readonly [string, ...string[]],
): Promise<Result<ImportSource, Problem>> {
  const shown = [program, ...words].join(" ");
  const path = Bun.which(program, { PATH: env["PATH"] ?? "/usr/bin:/bin" });
  const failed = (why: string): Result<never, Problem> =>
    err(
      problem("NOT_FOUND", `Cannot import the output of \`${shown}\`: ${why}`, "name a file, or - for stdin"),
    );
  if (path === null) return failed(`${program} is not in PATH`);
  const ran = await runBounded({
    argv: [path, ...words],
    cwd,
    env,
    timeoutMs: TIMEOUT_MS,
    outputBytes: MAX_TEXT_BYTES,
  });
  if (ran.how !== "ended") return failed(ran.how === "notStarted" ? ran.error : "it did not end");
  if (ran.code !== 0) return failed(ran.err.trim() === "" ? `exit ${ran.code}` : ran.err.trim());
  return ok({ shown, text: ran.out });
}
