import type { StopIntent } from "./attempt.ts";
import type { FailHint } from "./event.ts";
import type { FailureCode } from "./failure.ts";
import type { OutputsFault } from "./outputs.ts";

/** What a shell exits with where a program cannot be executed (126), or there is none (127). */
export type ShellExit = 126 | 127;

/** How the process ended, as far as is known. */
export type Ending =
  /** The recording parent recorded the result. */
  | {
      readonly type: "exited";
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly signalInferred: boolean;
      /** The recording parent received a TERM. */
      readonly sawTerm: boolean;
    }
  /** It could not be started. */
  | {
      readonly type: "notStarted";
      readonly code: FailureCode;
      readonly error: string;
      readonly exit?: ShellExit;
    }
  /** The process is gone and left no result; the signal is known where stint was its parent process. */
  | { readonly type: "lost"; readonly signal: string | null; readonly note: string };

/** All that is known when an attempt ends. */
export interface Evidence {
  readonly ending: Ending;
  /** Stint's own request to stop it, recorded before the end was observed. */
  readonly stop: StopIntent | null;
  /** The kernel killed something in the attempt's own control group. */
  readonly oomKilled: boolean;
  readonly logTail: string;
  /** What is wrong with its outputs; counts only where it exited with success. */
  readonly outputsFault?: OutputsFault;
  /** Which disk that the job writes to is full, in a sentence; absent where none is, or where none was checked. */
  readonly fullDisk?: string;
  /** Which Python ran it, as a clause; absent where that was not determined. */
  readonly python?: string;
  /** What the job said of its failure, should it fail. */
  readonly hint?: FailHint;
  /** The supervisor received a TERM too, as when the machine shuts down. */
  readonly isStopping?: boolean;
}

/** Signal names by number (signal(7), x86 and ARM Linux; those below 16 are the same on every POSIX system, except BUS and USR). */
const SIGNALS: readonly string[] = [
  " HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM",
  "STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS",
].flatMap((names) => names.split(" "));
const FIRST_REALTIME_SIGNAL = 34;
const LAST_SIGNAL = 64;

/** The name of a signal by its number; null where there is none. */
export function signalName(number: number): string | null {
  const name = SIGNALS[number];
  if (name !== undefined && name !== "") return `SIG${name}`;
  const isRealtime = number >= FIRST_REALTIME_SIGNAL && number <= LAST_SIGNAL;
  return isRealtime ? `SIGRTMIN+${number - FIRST_REALTIME_SIGNAL}` : null;
}

/** The number of a signal by its name; null where there is none. */
export function signalNumber(name: string): number | null {
  const realtime = /^SIGRTMIN\+(\d+)$/.exec(name);
  const number =
    realtime === null
      ? SIGNALS.indexOf(name.replace(/^SIG/, ""))
      : FIRST_REALTIME_SIGNAL + Number(realtime[1]);
  return number > 0 && number <= LAST_SIGNAL ? number : null;
}

/**
 * Interprets an exit status as shells report it: 128 + n for a death by signal n, which a program may also exit with itself. `signalled`
 * says whether a signal was observed; where that is unknown (null), as in a container, the signal is inferred.
 */
export function endingFromShell(status: number, sawTerm: boolean, signalled: boolean | null = null): Ending {
  const signal = status > 128 && signalled !== false ? signalName(status - 128) : null;
  if (signal === null)
    return { type: "exited", exitCode: status, signal: null, signalInferred: false, sawTerm };
  return { type: "exited", exitCode: null, signal, signalInferred: signalled === null, sawTerm };
}
