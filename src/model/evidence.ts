import type { StopIntent } from "./attempt.ts";
import type { FailureCode } from "./failure.ts";

/** How the process ended, as far as anything tells. */
export type Ending =
  /** The recording parent wrote the result down. */
  | {
      readonly type: "exited";
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly signalInferred: boolean;
      /** The recording parent was told to terminate. */
      readonly sawTerm: boolean;
    }
  /** It could not be started. */
  | { readonly type: "notStarted"; readonly code: FailureCode; readonly error: string }
  /** The process is gone and left no result; the signal is known where stint itself was its parent. */
  | { readonly type: "lost"; readonly signal: string | null; readonly note: string };

/** All that is known when an attempt ends. */
export interface Evidence {
  readonly ending: Ending;
  /** Stint's own wish to end it, recorded before the end was seen. */
  readonly stop: StopIntent | null;
  /** The kernel killed something in the attempt's own control group. */
  readonly oomKilled: boolean;
  readonly logTail: string;
  /** Which disk that the job writes to has no room, in a sentence; absent where all have, and where nobody looked. */
  readonly fullDisk?: string;
  /** With which Python it ran, in a few words; absent where nobody looked. */
  readonly python?: string;
  /** The supervisor was told to end by the same that told the job, as where the machine shuts down. */
  readonly isStopping?: boolean;
}

/** Signal names by number (signal(7), the numbers of x86 and ARM Linux; the ones below 16 are POSIX's everywhere but for BUS and USR). */
const SIGNALS: readonly string[] = [
  "",
  "HUP",
  "INT",
  "QUIT",
  "ILL",
  "TRAP",
  "ABRT",
  "BUS",
  "FPE",
  "KILL",
  "USR1",
  "SEGV",
  "USR2",
  "PIPE",
  "ALRM",
  "TERM",
  "STKFLT",
  "CHLD",
  "CONT",
  "STOP",
  "TSTP",
  "TTIN",
  "TTOU",
  "URG",
  "XCPU",
  "XFSZ",
  "VTALRM",
  "PROF",
  "WINCH",
  "IO",
  "PWR",
  "SYS",
];
const FIRST_REALTIME_SIGNAL = 34;
const LAST_SIGNAL = 64;

/** The name of a signal by its number, or null where there is none of that number. */
export function signalName(number: number): string | null {
  const name = SIGNALS[number];
  if (name !== undefined && name !== "") return `SIG${name}`;
  const isRealtime = number >= FIRST_REALTIME_SIGNAL && number <= LAST_SIGNAL;
  return isRealtime ? `SIGRTMIN+${number - FIRST_REALTIME_SIGNAL}` : null;
}

/** The number of a signal by its name, or null where there is none of that name. */
export function signalNumber(name: string): number | null {
  const realtime = /^SIGRTMIN\+(\d+)$/.exec(name);
  const number =
    realtime === null
      ? SIGNALS.indexOf(name.replace(/^SIG/, ""))
      : FIRST_REALTIME_SIGNAL + Number(realtime[1]);
  return number > 0 && number <= LAST_SIGNAL ? number : null;
}

/**
 * Reads a status as shells give it: a death by signal n is 128 + n, and so is the exit code of a program that says the same.
 * `signalled` tells whether a signal was seen; null where nobody looked, as in a container: then one is inferred.
 */
export function endingFromShell(status: number, sawTerm: boolean, signalled: boolean | null = null): Ending {
  const signal = status > 128 && signalled !== false ? signalName(status - 128) : null;
  if (signal === null)
    return { type: "exited", exitCode: status, signal: null, signalInferred: false, sawTerm };
  return { type: "exited", exitCode: null, signal, signalInferred: signalled === null, sawTerm };
}
