import { fstatSync, readFileSync, type Stats, statSync, writeSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import process from "node:process";
import type { Caller, ProgressView } from "../desk/caller.ts";
import { absolute } from "../desk/home.ts";
import { systemClock } from "../lib/clock.ts";
import { armFailpoints } from "../lib/failpoint.ts";
import { isInForeground, ownUserId } from "../lib/host.ts";
import { hasSignal, inheritedSignals, unblockSignals } from "../lib/inherited-signals.ts";
import { readAtMost } from "../lib/read-at-most.ts";
import { Output, type OutputEnd } from "./output.ts";
import { countLine } from "./text/count-line.ts";

/** All that a verb knows of its process; no other file touches `process`. */
export interface Context extends Caller {
  readonly arguments: readonly string[];
  readonly pid: number;
  /** Replaces this process by another program, as execve(2); returns only where that cannot be done. */
  readonly become: (argv: readonly [string, ...string[]]) => void;
  readonly hasColor: boolean;
  /**
   * The width of the terminal, a default where it is unknown; infinite for a file or a pipe, so that nothing is cut there. A function,
   * as asking the stream for its width costs more than the rest of a start.
   */
  readonly columns: () => number;
  /** The height of the terminal; a default where it is unknown. */
  readonly rows: () => number;
  /** Writes text to stdout: the answer. */
  readonly out: (text: string) => void;
  /** Shows a line of progress on the terminal, in place of the last one; an empty one removes it. Other output removes it first. */
  readonly progressLine: (line: string) => void;
  /** Writes output of a job to stdout; a terminal gets only harmless sequences (`JobText`). */
  readonly outOfJob: (bytes: Uint8Array) => void;
  /** Writes output of a job unfiltered, to a terminal too. */
  readonly outRaw: (bytes: Uint8Array) => void;
  /** Writes a line of the supervisor's log. */
  readonly log: (line: string) => void;
  /** Why stdout takes no more, or null; a verb that only reads can end then, one that changes something continues. */
  readonly outputEnd: () => OutputEnd | null;
  /** Resets the colours that the output of a job left on the terminal. */
  readonly unpaint: () => void;
  /** True where stdin is a pipe, or a file that is not empty. */
  readonly hasInput: () => boolean;
  /** Reads all of stdin, but at most `most` + 1 bytes. */
  readonly readInput: (most: number) => Uint8Array;
  /**
   * Calls back on each SIGINT, SIGTERM and SIGHUP, which no longer end the process by themselves. A signal that was ignored when this
   * process started stays ignored, except SIGTERM. Returns a function that stops that.
   */
  readonly onSignal: (listener: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void) => () => void;
  /**
   * Calls back before Ctrl-Z stops this process, and when it continues in the foreground. The line of progress and the colours of a job
   * are removed first. From then on Ctrl-Z is heeded only between two pieces of work.
   */
  readonly onSuspend: (restore?: () => void, redraw?: () => void) => void;
  /** Does work with another umask. */
  readonly underMask: <T>(mask: number, work: () => T) => T;
  /** Calls back when the terminal has another size. */
  readonly onResize: (listener: () => void) => void;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const NO_PROGRESS: ProgressView = { onProgress: () => {}, clear: () => {} };

/** The signals that nohup(1) sets to be ignored, and a shell for its background commands (POSIX, 2.11). */
const IGNORABLE = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3 } as const;

/** Its number on Linux. */
const SIGTSTP = 20;

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
  // Where only one of the two is a terminal, a line would stay in a file, or never be seen.
  const hasProgress = isTerminal && isScreen(2);
  const progressLine = hasProgress
    ? (line: string) => {
        if (line === "" || isInForeground()) output.progress(line);
      }
    : () => {};
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
    columns: () => (isTerminal ? process.stdout.columns || DEFAULT_COLUMNS : Number.POSITIVE_INFINITY),
    rows: () => process.stdout.rows || DEFAULT_ROWS,
    out: output.out,
    progressLine,
    outOfJob: output.ofJob,
    outRaw: output.raw,
    log: output.log,
    err,
    progress: (tell) => (hasProgress ? countLine(progressLine, systemClock, tell) : NO_PROGRESS),
    outputEnd: () => output.end,
    unpaint: output.unpaint,
    hasInput: () => isFed(0),
    umask: ownUmask,
    readInput: (most) => readAtMost(0, most),
    onSignal: (listener) => {
      const heeded = (["SIGINT", "SIGTERM", "SIGHUP"] as const).filter((signal) => !ignored.includes(signal));
      for (const signal of heeded) process.on(signal, listener);
      return () => heeded.forEach((signal) => process.off(signal, listener));
    },
    onSuspend: isTerminal ? suspension(output) : () => {},
    underMask: (mask, work) => {
      const before = process.umask(mask);
      try {
        return work();
      } finally {
        process.umask(before);
      }
    },
    onResize: (listener) => void process.stdout.on("resize", listener),
  };
}

/**
 * Resets the dispositions and the mask that a parent may have left (`trap '' CHLD`, a blocked TERM); returns the signals that stay
 * ignored. With SIGCHLD ignored the kernel keeps no exit status of a child, and a wait for one never returns. Jobs would inherit
 * the mask, unlike ignored signals, which the runtime resets in each child.
 */
function heedSignals(): readonly string[] {
  process.on("SIGCHLD", () => {});
  const { ignored, blocked } = inheritedSignals();
  if (blocked !== 0n) unblockSignals();
  const kept = Object.entries(IGNORABLE).filter(([, number]) => hasSignal(ignored, number));
  // Without a listener here, the exit handlers of the lock library would end this process on them.
  for (const [signal] of kept) process.on(signal, () => {});
  return kept.map(([signal]) => signal);
}

/** Stops this process on SIGTSTP as the system does by itself, but restores the terminal before. */
function suspension(output: Output): Context["onSuspend"] {
  const listeners: { readonly restore: () => void; readonly redraw: () => void }[] = [];
  const suspend = (): void => {
    for (const { restore } of listeners) restore();
    output.progress("");
    output.unpaint();
    process.off("SIGTSTP", suspend);
    process.kill(process.pid, "SIGTSTP");
  };
  const resume = (): void => {
    process.off("SIGTSTP", suspend);
    process.on("SIGTSTP", suspend);
    if (isInForeground()) for (const { redraw } of listeners) redraw();
  };
  return (restore = () => {}, redraw = () => {}) => {
    if (hasSignal(inheritedSignals().ignored, SIGTSTP)) return;
    if (listeners.length === 0) process.on("SIGTSTP", suspend).on("SIGCONT", resume);
    listeners.push({ restore, redraw });
  };
}

/** The user's name in passwd(5); Bun returns the variable USER instead, which cron does not set. */
function userName(env: Readonly<Record<string, string>>): string {
  const { uid, username } = ownUser();
  return passwd()?.[0] ?? env["LOGNAME"] ?? (username === "unknown" ? `uid ${uid}` : username);
}

/** `userInfo` throws for a user without an entry in passwd(5). */
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

/** The fields of the user's entry in passwd(5); undefined where there is none. */
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

/** The current folder may have been removed. */
function workingDirectory(env: Readonly<Record<string, string>>): string {
  try {
    return process.cwd();
  } catch {
    return env["PWD"] ?? "/";
  }
}

/** A character device counts as a terminal, except those of the memory driver, such as /dev/null. */
function isScreen(file: number): boolean {
  try {
    const stat = fstatSync(file);
    return stat.isCharacterDevice() && majorOf(stat) !== majorOf(statSync("/dev/null"));
  } catch {
    return false;
  }
}

/** The umask can be read only by setting it; meanwhile it is the strictest one. */
function ownUmask(): string {
  const own = process.umask(0o077);
  process.umask(own);
  return own.toString(8).padStart(3, "0");
}

/** Under cron and in services, stdin is an empty file, or closed. */
function isFed(file: number): boolean {
  try {
    const stat = fstatSync(file);
    return stat.isFIFO() || (stat.isFile() && stat.size > 0);
  } catch {
    return false;
  }
}

/** The major number, which identifies the driver. */
function majorOf({ rdev }: Pick<Stats, "rdev">): number {
  return rdev >> 8;
}

/**
 * `STINT_FAILPOINT=name[#n]` kills this process the n-th time that it passes this failpoint, for the crash tests; `list` prints
 * each failpoint that is passed instead.
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

/** Variables that make the runtime load foreign code or open a debugger. */
const STEERING = /^BUN_(?:OPTIONS|INSPECT(?:_\w+)?)$/;
/** Set by the benchmark. */
const MEASURING = /^(?:--cpu-prof(?:-dir=\S+)? ?)+$/;

/**
 * Executes this program again without them, as an executable cannot be built to ignore them. Code that they loaded ends with the
 * first image; it had no more rights than the user who set the variables.
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
