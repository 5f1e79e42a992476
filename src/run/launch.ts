import { readFileSync } from "node:fs";
import { execa } from "execa";
import { bootId, type ProcessIdentity, startTimeOf, statFields } from "../lib/host.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Kind } from "../model/kind.ts";
import { type Invocation, oversized, oversizedInTotal } from "./argument-limits.ts";
import { carryThroughShell } from "./carried.ts";
import { invalidTask, type NotStarted, refusedBySystem } from "./not-started.ts";
import { type Output, openOutput } from "./output.ts";
import { findProgram, obstacleToEnter } from "./program.ts";
import { recordingArguments } from "./recording-parent.ts";
import { prepareScript } from "./script.ts";

export type { NotStarted };

/** One job to start. */
export interface LaunchOrder {
  /** Of the attempt: absolute, existing, 0700, and used by no other attempt. */
  readonly directory: string;
  readonly kind: Kind;
  /** Final; see `jobEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly separateLogs: boolean;
  /** Put before the program and its arguments; it becomes the program in the end. Empty for most jobs. */
  readonly prefix: readonly string[];
  /** Stint's own executable, which carries the bun of scripts. */
  readonly self: string;
}

/** A job whose recording parent runs. */
export interface Launched {
  /** Of the recording parent: it leads the session and the process group of the job. */
  readonly process: ProcessIdentity;
  /** The end of the recording parent, with the signal that killed it. The job's own end is in `exit.json`. */
  readonly ended: Promise<{ readonly signal: string | null }>;
  /** Stops waiting for the end, so that the launching program can leave; the job goes on. */
  letGo(): void;
}

/** Starts a job under a recording parent that outlives the launching program. */
export function launch(order: LaunchOrder): Result<Launched, NotStarted> {
  const prepared = prepare(order);
  if (!prepared.ok) return prepared;
  const opened = openOutput(order.directory, order.separateLogs);
  if (!opened.ok) return opened;
  using output = opened.value;
  return spawnParent(order, prepared.value, output);
}

/** Everything about a start that can be wrong in the task itself, found out before anything runs. */
function prepare({ kind, directory, environment, self }: LaunchOrder): Result<Invocation, NotStarted> {
  const obstacle = obstacleToEnter(kind.cwd);
  if (obstacle !== null) return err(invalidTask(obstacle));
  const place = { cwd: kind.cwd, path: environment["PATH"], directory, self };
  let invocation: Invocation;
  if (kind.mode.type === "script") {
    const script = prepareScript(kind.mode, place);
    if (!script.ok) return script;
    invocation = { argv: script.value.argv, environment: { ...environment, ...script.value.environment } };
  } else {
    const program = findProgram(kind.mode.command, place);
    if (!program.ok) return err(invalidTask(program.error));
    invocation = { argv: [program.value, ...kind.mode.args], environment };
  }
  const tooLarge = oversized(invocation);
  return tooLarge === null ? ok(invocation) : err(invalidTask(tooLarge));
}

/** `detached` makes a session of its own; no pipe ties the job to us, and nothing of execa's ends it when we end. */
const DETACHED = { buffer: false, reject: false, cleanup: false, detached: true, extendEnv: false } as const;

function spawnParent(order: LaunchOrder, job: Invocation, output: Output): Result<Launched, NotStarted> {
  const carried = carryThroughShell(job);
  const { environment } = carried;
  const argv = [...order.prefix, ...carried.argv];
  const { directory, kind } = order;
  const recording = recordingArguments({ directory, umask: kind.umask ?? "", bootId: bootId(), argv });
  const refused = refusedBySystem(`Cannot start "${job.argv[0]}"`, null);
  try {
    // Any descriptor works; execa's types know those up to 9.
    const stdio = ["ignore", output.stdout as 3, output.stderr as 4] as const;
    const parent = execa("/bin/sh", recording, { ...DETACHED, cwd: kind.cwd, env: environment, stdio });
    const ended = parent.then(
      ({ signal }) => ({ signal: signal ?? null }),
      () => ({ signal: null }),
    );
    const { pid } = parent;
    // EAGAIN and its like: only the promise knows the name, and all of them mean to try again later.
    if (pid === undefined) return err(refused);
    const letGo = (): void => parent.nodeChildProcess.unref();
    return ok({ process: { pid, startTime: startTimeOfChild(pid) }, ended, letGo });
  } catch {
    // Under Bun, execa turns what spawn throws (E2BIG, ENOMEM) into a TypeError that says nothing of it.
    const tooLarge = oversizedInTotal({ argv: recording, environment });
    return err(tooLarge === null ? refused : invalidTask(tooLarge));
  }
}

/** Our own child is still there when it has ended, as a zombie, until we give way to the event loop. */
function startTimeOfChild(pid: number): string {
  try {
    return statFields(readFileSync(`/proc/${pid}/stat`, "utf8").trim())[19] ?? "unknown";
  } catch {
    return startTimeOf(pid) ?? "unknown";
  }
}
