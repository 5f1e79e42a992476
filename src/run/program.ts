import { accessSync, constants, existsSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { withFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { PLAIN_PATH } from "./environment.ts";
import { refuseMissing } from "./missing.ts";
import { invalidTask, type NotStarted } from "./not-started.ts";

/** Where the program of a job is searched for. */
export interface ProgramPlace {
  /** Absolute and existing. */
  readonly cwd: string;
  /** The job's own PATH; undefined where its environment has none. */
  readonly path: string | undefined;
  /** True where the files of the directory are there only when the job starts: what is in them is not checked. */
  readonly isMadeLater?: boolean;
}

/** Longer ones are cut in messages. */
const MAX_PATH_SHOWN = 60;

/**
 * Finds the program of a command as execvp(3) does: along PATH, or relative to the job's directory where the name has a slash. Also checks
 * that the interpreter of a script exists. Returns a path that begins with `/` or `.`, or why there is none.
 */
export function findProgram(name: string, place: ProgramPlace): Result<string, NotStarted> {
  if (place.isMadeLater === true && name.includes("/") && !name.startsWith("/"))
    return ok(name.startsWith(".") ? name : `./${name}`);
  const found = name.includes("/") ? atPath(name, place.cwd) : inSearchPath(name, place);
  const obstacle = found.ok ? obstacleOfScript(found.value, place) : null;
  return obstacle === null ? found : err(obstacle);
}

function atPath(name: string, cwd: string): Result<string, NotStarted> {
  const path = resolve(cwd, name);
  const obstacle = obstacleAt(path);
  if (obstacle === null) return ok(name.startsWith("/") || name.startsWith(".") ? name : `./${name}`);
  const where = name.startsWith("/") ? "" : ` (in ${cwd})`;
  const error = `Cannot start "${name}": ${obstacle}${where}, wanted an executable file`;
  return err(obstacle === MISSING ? refuseMissing(path, error, 127) : invalidTask(error, 126));
}

function inSearchPath(name: string, place: ProgramPlace): Result<string, NotStarted> {
  const path = place.path ?? PLAIN_PATH;
  let nearest: string | null = null;
  for (const folder of path.split(":")) {
    // An empty entry of PATH means the current directory.
    const candidate = resolve(place.cwd, folder, name);
    const obstacle = obstacleAt(candidate);
    if (obstacle === null) return ok(candidate);
    if (obstacle !== MISSING) nearest ??= `${candidate} ${obstacle}`;
  }
  if (nearest !== null)
    return err(invalidTask(`Cannot start "${name}": ${nearest}, wanted an executable file`, 126));
  const isInFolder = existsSync(join(place.cwd, name));
  const wanted = isInFolder
    ? `"./${name}" for the one in ${place.cwd}`
    : "an installed program or a path to one";
  return err(
    invalidTask(`Cannot start "${name}": not found in PATH (${shortened(path)}), wanted ${wanted}`, 127),
  );
}

/** The system reports a missing interpreter as if the script itself were missing, so it is checked here. */
function obstacleOfScript(program: string, place: ProgramPlace): NotStarted | null {
  const line = interpreterLine(resolve(place.cwd, program));
  if (line === null) return null;
  const shown = line.trim();
  if (line.endsWith("\r")) {
    const is = `its first line (#!${shown}) ends with a carriage return, as on Windows`;
    return invalidTask(
      `Cannot start "${program}": ${is}, wanted lines that end as on Unix: sed -i 's/\\r$//' ${program}`,
      126,
    );
  }
  const [interpreter = "", argument = ""] = shown.split(/[ \t]+/);
  const path = resolve(place.cwd, interpreter);
  const obstacle = interpreter === "" ? null : obstacleAt(path);
  const cannot = `Cannot start "${program}": its interpreter (#!${shown})`;
  if (obstacle !== null) {
    const error = `${cannot} ${obstacle}, wanted an installed one`;
    return obstacle === MISSING ? refuseMissing(path, error, 126) : invalidTask(error, 126);
  }
  const isByEnv = interpreter.endsWith("/env") && /^[^-=/]+$/.test(argument);
  return !isByEnv || inSearchPath(argument, place).ok
    ? null
    : invalidTask(
        `${cannot} is not found in PATH (${shortened(place.path ?? PLAIN_PATH)}), wanted an installed one`,
        127,
      );
}

const MISSING = "does not exist";

function obstacleAt(path: string): string | null {
  try {
    const file = statSync(path);
    if (!file.isFile()) return file.isDirectory() ? "is a directory" : "is not a regular file";
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return errnoOf(error) === "EACCES" ? "is not executable for this user" : MISSING;
  }
}

function shortened(path: string): string {
  return path.length > MAX_PATH_SHOWN ? `${path.slice(0, MAX_PATH_SHOWN)}…` : path;
}

/** As much of a first line as Linux reads (binfmt_script). */
const FIRST_LINE_BYTES = 256;

/** The first line of a script, verbatim, without `#!`; null for any other file. */
function interpreterLine(path: string): string | null {
  const buffer = Buffer.alloc(FIRST_LINE_BYTES);
  const read = (file: number): number => readSync(file, buffer, 0, buffer.length, 0);
  // An executable need not be readable.
  const text = buffer.toString(
    "utf8",
    0,
    unlessRefused(() => withFile(path, read), 0),
  );
  return text.startsWith("#!") ? (text.slice(2).split("\n")[0] ?? "") : null;
}
