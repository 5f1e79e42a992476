import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { PLAIN_PATH } from "./environment.ts";

/** Where a job looks for programs. */
export interface Place {
  /** Absolute and existing. */
  readonly cwd: string;
  /** The job's own PATH; undefined where its environment has none. */
  readonly path: string | undefined;
}

/** Longer ones are cut in messages. */
const MAX_PATH_SHOWN = 200;

/**
 * Finds the program of a command as execvp(3) does: along PATH, or relative to the job's directory where the name
 * holds a slash. Gives a path that begins with `/` or `.`, or the sentence that says why there is none.
 */
export function findProgram(name: string, place: Place): Result<string, string> {
  return name.includes("/") ? atPath(name, place.cwd) : inSearchPath(name, place);
}

function atPath(name: string, cwd: string): Result<string, string> {
  const obstacle = obstacleAt(resolve(cwd, name));
  if (obstacle === null) return ok(name.startsWith("/") || name.startsWith(".") ? name : `./${name}`);
  const where = name.startsWith("/") ? "" : ` (in ${cwd})`;
  return err(`Cannot start "${name}": ${obstacle}${where}, wanted an executable file`);
}

function inSearchPath(name: string, place: Place): Result<string, string> {
  const path = place.path ?? PLAIN_PATH;
  let nearest: string | null = null;
  for (const folder of path.split(":")) {
    // An empty entry of PATH means the current directory.
    const candidate = resolve(place.cwd, folder, name);
    const obstacle = obstacleAt(candidate);
    if (obstacle === null) return ok(candidate);
    if (obstacle !== MISSING) nearest ??= `${candidate} ${obstacle}`;
  }
  if (nearest !== null) return err(`Cannot start "${name}": ${nearest}, wanted an executable file`);
  const isInFolder = existsSync(join(place.cwd, name));
  const wanted = isInFolder
    ? `"./${name}" for the one in ${place.cwd}`
    : "an installed program or a path to one";
  return err(`Cannot start "${name}": not found in PATH (${shortened(path)}), wanted ${wanted}`);
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

/** Says why a job cannot run in a directory, or null where it can. */
export function obstacleToEnter(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory())
      return `Cannot enter "${cwd}": is not a directory, wanted one to run in`;
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    const found = errnoOf(error) === "EACCES" ? "permission denied" : "does not exist";
    return `Cannot enter "${cwd}": ${found}, wanted a directory to run in`;
  }
}
