import { errnoOf } from "../lib/errno.ts";
import { bootId, type ProcessIdentity, startTimeOf } from "../lib/host.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { SubprocessKind } from "../model/kind.ts";
import { oversized, oversizedInTotal, type ProgramInvocation } from "./argument-limits.ts";
import { carryThroughShell } from "./carried.ts";
import { type ContainerOrder, containerInvocation, laterInvocation } from "./container.ts";
import { missingScript, obstacleToEnter } from "./missing.ts";
import { invalidTask, type NotStarted, refusedBySystem } from "./not-started.ts";
import { type LogOutput, openOutput } from "./output.ts";
import { processEntry } from "./process-table.ts";
import { findProgram } from "./program.ts";
import { recordingInvocation } from "./recording-parent.ts";
import { prepareScript } from "./script.ts";
import type { Usage } from "./usage.ts";

export type { NotStarted };

/** What each recording parent needs. */
export interface ParentOrder {
  /** Of the attempt: absolute, existing, mode 0700, and used by no other attempt. */
  readonly directory: string;
  /** Final; see `jobEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly separateLogs: boolean;
  /** A program and arguments put before the job's, which executes the job in the end. Empty for most jobs. */
  readonly prefix: readonly string[];
  /** The folder that the program starts in, where a word of the prefix makes it; null for that of its kind. */
  readonly enter: string | null;
  /** Of the attempt; ties the result to it. */
  readonly token: string;
  /** The control group that the job joins; null for none, and where the prefix joins one. */
  readonly group: string | null;
  /** Stint's own executable, which contains the bun for scripts. */
  readonly self: string;
  /** Folders beside its own that a container sees, and cannot change. */
  readonly mounts?: readonly { readonly host: string; readonly path: string }[];
}

interface SubprocessOrder extends ParentOrder {
  readonly kind: SubprocessKind;
  readonly container?: undefined;
}

/** One job to start. */
export type LaunchOrder = SubprocessOrder | (ParentOrder & { readonly container: ContainerOrder });

export interface RecordingParentEnd {
  /** The job's exit code, recorded or not; null where a signal killed the parent. */
  readonly exitCode: number | null;
  /** The signal that killed it. */
  readonly signal: string | null;
  /** What it and all that it waited for have used; absent where the runtime does not tell. */
  readonly usage?: Usage;
}

/** A recording parent that ran nothing kills itself with this signal. */
export const NEVER_BEGAN = "SIGUSR1";

/** A job whose recording parent runs. */
export interface Launched {
  /** Of the recording parent. */
  readonly process: ProcessIdentity;
  /** The end of the recording parent. The job's own end is in `exit.json`. */
  readonly ended: Promise<RecordingParentEnd>;
  /** Stops waiting for the end, so that the launching program can exit; the job goes on. */
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

/** Starts a further runner of a container, without a recording parent: only the files that it writes count. */
export function launchRunner(
  order: Parameters<typeof laterInvocation>[0],
  how: { readonly mode: "follow" | "stop" | "kill"; readonly separateLogs: boolean },
): Result<ProcessIdentity, string> {
  const invocation = laterInvocation(order, how.mode);
  if (!invocation.ok) return invocation;
  const opened = openOutput(order.directory, how.separateLogs);
  if (!opened.ok) return err(opened.error.error);
  using output = opened.value;
  const { argv, environment } = invocation.value;
  try {
    const runner = spawnDetached(argv, { cwd: "/", environment, output });
    runner.unref();
    return ok({ pid: runner.pid, startTime: startTimeOfChild(runner.pid) });
  } catch (error) {
    return err(String(error));
  }
}

/** A checked job, ready to be started. */
interface Prepared extends ProgramInvocation {
  readonly cwd: string;
  /** Octal; empty leaves that of the launching program. */
  readonly umask: string;
}

/** Checks all of a start that can be wrong in the task itself, before anything runs. */
function prepare(order: LaunchOrder): Result<Prepared, NotStarted> {
  const invocation =
    order.container === undefined ? ofSubprocess(order) : ofContainer(order.container, order.environment);
  if (!invocation.ok) return invocation;
  const tooLarge = oversized(invocation.value);
  return tooLarge === null ? invocation : err(invalidTask(tooLarge));
}

function ofContainer(
  order: ContainerOrder,
  environment: LaunchOrder["environment"],
): Result<Prepared, NotStarted> {
  const invocation = containerInvocation(order, environment);
  // The engine's monitor keeps its working directory in use.
  return invocation.ok ? ok({ ...invocation.value, cwd: "/", umask: "" }) : invocation;
}

function ofSubprocess(order: SubprocessOrder): Result<Prepared, NotStarted> {
  const { kind, directory, environment, self, enter } = order;
  const obstacle = enter === null ? obstacleToEnter(kind.cwd) : null;
  if (obstacle !== null) return err(obstacle);
  const { umask = "" } = kind;
  const cwd = enter === null ? kind.cwd : directory;
  const place = { cwd: kind.cwd, path: environment["PATH"], directory, self, isMadeLater: enter !== null };
  if (kind.mode.type === "script") {
    const script = prepareScript(kind.mode, place);
    if (!script.ok) return script;
    return ok({
      argv: script.value.argv,
      environment: { ...environment, ...script.value.environment },
      cwd,
      umask,
    });
  }
  const program = findProgram(kind.mode.command, place);
  if (!program.ok) return program;
  const missing = enter === null ? missingScript(kind.mode, cwd) : null;
  if (missing !== null) return err(missing);
  return ok({ argv: [program.value, ...kind.mode.args], environment, cwd, umask });
}

/**
 * setsid(1) starts the job in a session and a process group of its own below its recording parent: a `kill 0` of the job and the signals of
 * a terminal do not reach the parent. macOS has no such command.
 */
const SESSION = Bun.which("setsid", { PATH: "/usr/bin:/bin" });

function spawnParent(order: LaunchOrder, job: Prepared, output: LogOutput): Result<Launched, NotStarted> {
  const carried = carryThroughShell(job);
  // A container has its own groups, and its runner shares the group of the recording parent.
  const session = SESSION === null || order.container !== undefined ? [] : [SESSION];
  const argv = [...session, ...order.prefix, ...carried.argv];
  const { directory, token } = order;
  const { cwd, umask } = job;
  const recording = recordingInvocation({
    directory,
    umask,
    bootId: bootId(),
    token,
    group: order.group ?? "",
    argv,
    environment: carried.environment,
  });
  let parent: Bun.Subprocess;
  try {
    parent = spawnDetached(recording.argv, { cwd, environment: recording.environment, output });
  } catch (error) {
    const tooLarge = errnoOf(error) === "E2BIG" ? oversizedInTotal(recording) : null;
    return err(
      tooLarge === null ? refusedBySystem(`Cannot start "${job.argv[0]}"`, error) : invalidTask(tooLarge),
    );
  }
  const { pid } = parent;
  const ended = parent.exited.then((code) => ({
    ...(parent.signalCode === null
      ? { exitCode: code, signal: null }
      : { exitCode: null, signal: String(parent.signalCode) }),
    ...usageOfChild(parent),
  }));
  return ok({ process: { pid, startTime: startTimeOfChild(pid) }, ended, letGo: () => parent.unref() });
}

/** Starts a process in a session of its own, which no pipe ties to this one. Throws what the system refuses. */
function spawnDetached(
  argv: readonly string[],
  {
    cwd,
    environment,
    output,
  }: { cwd: string; environment: Readonly<Record<string, string>>; output: LogOutput },
): Bun.Subprocess {
  const stdio: ["ignore", number, number] = ["ignore", output.stdout, output.stderr];
  return Bun.spawn([...argv], { cwd, env: environment, stdio, detached: true });
}

function usageOfChild(child: Bun.Subprocess): Pick<RecordingParentEnd, "usage"> {
  const told = child.resourceUsage();
  if (told === undefined) return {};
  // In µs and bytes.
  const cpuMs = Math.round(Number(told.cpuTime.total) / 1_000);
  return { usage: { cpuMs, peakRssBytes: told.maxRSS } };
}

/** An ended child stays as a zombie until we return to the event loop, so its start time can still be read. */
function startTimeOfChild(pid: number): string {
  try {
    return processEntry(pid)?.startTime ?? startTimeOf(pid) ?? "unknown";
  } catch {
    // The job is started; an unreadable start time is no failure.
    return "unknown";
  }
}
