import { fstatSync, readFileSync, type Stats, statSync, writeSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import process from "node:process";
import type { Caller, ProgressView } from "../desk/caller.ts";
import { absolute } from "../desk/home.ts";
import { systemClock } from "../lib/clock.ts";
import { armFailpoints } from "../lib/failpoint.ts";
import { ownUserId } from "../lib/host.ts";
import { hasSignal, inheritedSignals, unblockSignals } from "../lib/inherited-signals.ts";
import { readAtMost } from "../lib/read-at-most.ts";
import { Output, type OutputEnd } from "./output.ts";
import { CountLine } from "./text/count-line.ts";

/** All that a verb may know of the process it runs in; nothing else touches `process`. */
export interface Context extends Caller {
  readonly arguments: readonly string[];
  readonly pid: number;
  /** Turns this process into another program; comes back where that cannot be done. */
  readonly become: (argv: readonly [string, ...string[]]) => void;
  readonly hasColor: boolean;
  /**
   * Of the terminal, or what a file gets, and a terminal that does not know its own width. Asking the stream for its width costs
   * more than all the rest of a start.
   */
  readonly columns: () => number;
  /** The answer. */
  readonly out: (text: string) => void;
  /** The answer, where it is the output of a job: to a terminal only what is harmless of it. */
  readonly outOfJob: (bytes: Uint8Array) => void;
  /** The same as the job wrote it, to a terminal too. */
  readonly outRaw: (bytes: Uint8Array) => void;
  /** A line of the supervisor's own log. */
  readonly log: (line: string) => void;
  /** Why stdout takes no more; who only shows something can end then, who changes something goes on. */
  readonly outputEnd: () => OutputEnd | null;
  /** Undoes at the end what the output of a job left on the terminal. */
  readonly unpaint: () => void;
  /** True where something is piped or redirected into it. */
  readonly hasInput: () => boolean;
  /** All of standard input; where it has more bytes than `most`, one more than that. */
  readonly readInput: (most: number) => Uint8Array;
  /**
   * Calls back on the signals that ask to leave; the second of the same kind is left to the caller too. What was ignored when this
   * process began stays ignored, but for SIGTERM.
   */
  readonly onSignal: (listener: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void) => void;
}

const DEFAULT_COLUMNS = 100;
const NO_PROGRESS: ProgressView = { onProgress: () => {}, clear: () => {} };

/** What nohup(1) has a program ignore, and a shell those that it starts in the background (POSIX, 2.11). */
const IGNORABLE = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3 } as const;

/** The context of the real process. */
export function processContext(): Context {
  const isTerminal = isScreen(1);
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  armFromEnvironment(env);
  const ignored = heedSignals();
  const output = new Output({ isTerminal });
  const { err } = output;
  return {
    arguments: process.argv.slice(2),
    env,
    cwd: workingDirectory(env),
    userHome: absolute(env["HOME"]) ?? homeInPasswd() ?? homeOfSystem() ?? "/",
    user: () => userName(env),
    pid: process.pid,
    become: (argv) => process.execve?.(argv[0], [...argv], env),
    self: process.execPath,
    clock: systemClock,
    isTerminal,
    hasColor: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
    columns: () => (isTerminal && process.stdout.columns) || DEFAULT_COLUMNS,
    out: output.out,
    outOfJob: output.ofJob,
    outRaw: output.raw,
    log: output.log,
    err,
    progress: () => (isTerminal ? new CountLine(err, systemClock) : NO_PROGRESS),
    outputEnd: () => output.end,
    unpaint: output.unpaint,
    hasInput: () => isFed(0),
    umask: ownUmask,
    readInput: (most) => readAtMost(0, most),
    onSignal: (listener) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        if (!ignored.includes(signal)) process.on(signal, () => listener(signal));
    },
  };
}

/**
 * Undoes what a careless parent may have left behind (`trap '' CHLD`, a blocked TERM), and gives the signals that stay ignored. Where SIGCHLD is
 * ignored the kernel keeps no end of a child for us, and whoever waits for one waits for ever; a mask would be handed down to
 * the jobs, unlike what is ignored: the runtime resets that in each child.
 */
function heedSignals(): readonly string[] {
  process.on("SIGCHLD", () => {});
  const { ignored, blocked } = inheritedSignals();
  if (blocked !== 0n) unblockSignals();
  const kept = Object.entries(IGNORABLE).filter(([, number]) => hasSignal(ignored, number));
  // With no listener of ours, the library of the lock would end us by them once it watches for an end.
  for (const [signal] of kept) process.on(signal, () => {});
  return kept.map(([signal]) => signal);
}

/** The name of the user behind this process's user id (passwd(5)); Bun's own answer is the variable USER, which cron leaves out. */
function userName(env: Readonly<Record<string, string>>): string {
  const { uid, username } = ownUser();
  return passwd()?.[0] ?? env["LOGNAME"] ?? (username === "unknown" ? `uid ${uid}` : username);
}

/** The system knows neither a name nor a home of a user without an entry in passwd(5), and says so by throwing. */
function ownUser(): { readonly uid: number; readonly username: string } {
  try {
    return userInfo();
  } catch {
    return { uid: ownUserId(), username: "unknown" };
  }
}

function homeOfSystem(): string | undefined {
  try {
    return absolute(homedir());
  } catch {
    return undefined;
  }
}

function homeInPasswd(): string | undefined {
  return absolute(passwd()?.[5]);
}

/** What passwd(5) says of this process's user; undefined where it knows none. */
function passwd(): string[] | undefined {
  const { uid } = ownUser();
  try {
    const entries = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"));
    return entries.find((fields) => fields[2] === String(uid));
  } catch {
    return undefined;
  }
}

/** The folder may have been removed under the shell that we were started from. */
function workingDirectory(env: Readonly<Record<string, string>>): string {
  try {
    return process.cwd();
  } catch {
    return env["PWD"] ?? "/";
  }
}

/** A character device is a terminal, save for those of memory, like the one that throws everything away: no person reads there. */
function isScreen(file: number): boolean {
  try {
    const stat = fstatSync(file);
    return stat.isCharacterDevice() && majorOf(stat) !== majorOf(statSync("/dev/null"));
  } catch {
    return false;
  }
}

/** It can be read only by setting it: to the strictest one, for the instant. */
function ownUmask(): string {
  const own = process.umask(0o077);
  process.umask(own);
  return own.toString(8).padStart(3, "0");
}

/** What is not a terminal need not hold anything: cron and services give an empty file, or none at all. */
function isFed(file: number): boolean {
  try {
    const stat = fstatSync(file);
    return stat.isFIFO() || (stat.isFile() && stat.size > 0);
  } catch {
    return false;
  }
}

/** Names a driver. */
function majorOf({ rdev }: Pick<Stats, "rdev">): number {
  return rdev >> 8;
}

/**
 * `STINT_FAILPOINT=name[#n]` kills this process at the n-th time that it comes by; for the crash tests. With `list` it
 * goes on and tells each one that it passes.
 */
function armFromEnvironment(env: Readonly<Record<string, string>>): void {
  const [wanted, countText] = (env["STINT_FAILPOINT"] ?? "").split("#");
  if (wanted === undefined || wanted === "") return;
  let left = Number(countText ?? 1);
  armFailpoints((name) => {
    if (wanted === "list") writeSync(2, `failpoint ${name}\n`);
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  });
}

/** Variables by which the runtime loads code of others, or lets them in to debug. */
const STEERING = /^BUN_(?:OPTIONS|INSPECT(?:_\w+)?)$/;
/** The benchmark's. */
const MEASURING = /^(?:--cpu-prof(?:-dir=\S+)? ?)+$/;

/**
 * Becomes the same program once more without them, as the executable cannot be built to pass them over. What they have
 * brought about is gone with the program that was; it could do no more than whoever sets the environment of a process.
 */
export function shakeOffSteering(): void {
  const { env } = process;
  const isSteered = Object.keys(env).some((name) => STEERING.test(name) && !MEASURING.test(env[name] ?? ""));
  if (!isSteered || !Bun.isStandaloneExecutable) return;
  const plain = Object.fromEntries(Object.entries(env).filter(([name]) => !STEERING.test(name)));
  process.execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], plain);
}

/** Ends the process. */
export function leave(code: number): never {
  process.exit(code);
}
