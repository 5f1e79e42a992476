import type * as Execa from "execa";
import { withoutComments } from "../lib/shell-text.ts";
import type { Engine } from "./container.ts";
import sweepText from "./sh/container-sweep.sh" with { type: "text" };

type Variables = Readonly<Record<string, string>>;

/** Removes a container whose result is on record, with its anonymous volumes, in the background. */
export function removeContainer(engine: Engine, name: string, environment: Variables): void {
  inBackground(["-c", `exec "$1" rm -f -v "$2"`, "stint", engine.path, name], environment);
}

const SWEEP = withoutComments(sweepText);

/** Whose containers a sweep examines, and which it keeps. */
export interface ContainerSweep {
  readonly home: string;
  readonly supervisor: string;
  /** Names of containers. */
  readonly kept: readonly string[];
}

/** Removes containers that a crash left between the record of their result and their removal; in the background. */
export function sweepContainers(
  engine: Engine,
  { home, supervisor, kept }: ContainerSweep,
  environment: Variables,
): void {
  inBackground(["-c", SWEEP, "stint", engine.path, home, supervisor, ...kept], environment);
}

function inBackground(args: readonly string[], environment: Variables): void {
  try {
    // Only here, as loading it takes as long as a whole command.
    const { execa }: typeof Execa = require("execa");
    const child = execa("/bin/sh", args, {
      cwd: "/",
      env: environment,
      extendEnv: false,
      stdio: "ignore",
      buffer: false,
      reject: false,
      cleanup: false,
      detached: true,
    });
    child.nodeChildProcess.unref();
  } catch {
    // The system has no process left: the next start finds the container by its labels.
  }
}
