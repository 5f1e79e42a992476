import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { Mode, Runtime, Shell } from "../model/kind.ts";
import { PLAIN_PATH } from "./environment.ts";
import { invalidTask, type NotStarted, refusedBySystem } from "./not-started.ts";
import { findProgram, type ProgramPlace } from "./program.ts";

type Script = Extract<Mode, { type: "script" }>;

/** How a script is started. */
export interface ScriptCommand {
  readonly argv: readonly string[];
  /** Variables that the interpreter needs in addition to the job's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where a script is written, and where its interpreter is searched for. */
export interface ScriptPlace extends ProgramPlace {
  /** Of the attempt. */
  readonly directory: string;
  /** Stint's own executable, which contains a bun. */
  readonly self: string;
}

interface Interpreter {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes the script's body to a file of the attempt, as Linux caps one argument at 128 KiB; returns the command to run it. */
export function prepareScript(script: Script, place: ScriptPlace): Result<ScriptCommand, NotStarted> {
  const file = join(place.directory, ATTEMPT_FILES.script);
  const interpreter = interpreterOf(script.runtime, place);
  if (!interpreter.ok) return interpreter;
  try {
    writeFileSync(file, script.body, { mode: 0o700 });
    if (script.runtime === "bun") writeFileSync(preloadFile(place), UNMASK, { mode: 0o600 });
  } catch (error) {
    return err(refusedBySystem(`Cannot write the script "${file}"`, error));
  }
  const { command, environment = {} } = interpreter.value;
  return ok({ argv: [...command, file, ...script.args], environment });
}

function preloadFile({ directory }: ScriptPlace): string {
  return join(directory, ATTEMPT_FILES.scriptPreload);
}

/**
 * A stint that the script calls must not behave as bun. Bun.spawn reads its default environment from the start of the process and not from
 * process.env, where the variable is deleted.
 */
const UNMASK = `delete process.env.BUN_BE_BUN;
for (const name of ["spawn", "spawnSync"]) {
  const start = Bun[name];
  const defaults = { env: process.env };
  Bun[name] = (first, options) =>
    Array.isArray(first) ? start(first, { ...defaults, ...options }) : start({ ...defaults, ...first });
}
`;

function interpreterOf(runtime: Runtime, place: ScriptPlace): Result<Interpreter, NotStarted> {
  if (typeof runtime === "object") {
    const { command, flag } = runtime;
    return found([command], place, flag === undefined ? [] : [flag]);
  }
  switch (runtime) {
    case "sh":
    case "bash":
      // A PATH of the task's own need not lead to a shell.
      return found([runtime], { ...place, path: withPlainPath(place.path) });
    case "node":
      return found([runtime], place);
    case "python":
      return found(["python3", "python"], place);
    case "bun": {
      const command = [place.self, "run", `--preload=${preloadFile(place)}`];
      return ok({ command, environment: { BUN_BE_BUN: "1" } });
    }
  }
}

/** The shell of scripts that name none: bash, where this machine has it. */
export function shellOf(environment: Readonly<Record<string, string>>): Shell {
  return Bun.which("bash", { PATH: withPlainPath(environment["PATH"]) }) === null ? "sh" : "bash";
}

function withPlainPath(path: string | undefined): string {
  return path === undefined ? PLAIN_PATH : `${path}:${PLAIN_PATH}`;
}

/** The first program that is found; the error is about the first name. */
function found(
  names: readonly string[],
  place: ProgramPlace,
  flags: readonly string[] = [],
): Result<Interpreter, NotStarted> {
  const results = names.map((name) => findProgram(name, place));
  const [first] = results;
  const best = results.find((result) => result.ok) ?? first;
  if (best === undefined) return err(invalidTask("Cannot run the script: no interpreter was named"));
  return best.ok ? ok({ command: [best.value, ...flags] }) : best;
}
