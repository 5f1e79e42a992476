import { signalName } from "./evidence.ts";

/** What shells print of a command that a signal killed (strsignal(3)). */
const WORDS: Readonly<Record<string, string>> = {
  SIGHUP: "Hangup",
  SIGQUIT: "Quit",
  SIGILL: "Illegal instruction",
  SIGTRAP: "Trace/breakpoint trap",
  SIGABRT: "Aborted",
  SIGBUS: "Bus error",
  SIGFPE: "Floating point exception",
  SIGKILL: "Killed",
  SIGUSR1: "User defined signal 1",
  SIGSEGV: "Segmentation fault",
  SIGUSR2: "User defined signal 2",
  SIGALRM: "Alarm clock",
  SIGTERM: "Terminated",
  SIGXCPU: "CPU time limit exceeded",
  SIGXFSZ: "File size limit exceeded",
  SIGSYS: "Bad system call",
};

/** A script may print some lines of its clean-up after these words. */
const LAST_LINES = 5;

/** The signal that a shell reports by an exit code over 128, or null. */
export function signalOfCode(exitCode: number | null): string | null {
  return exitCode === null || exitCode <= 128 ? null : signalName(exitCode - 128);
}

/**
 * The signal that killed a command of the job's shell: the exit code reports one, and the shell has printed it, as dash (`Killed`), bash
 * (`train.sh: line 3:  1234 Killed   python train.py`) and zsh (`zsh: killed   python`) do.
 */
export function signalToldByShell(exitCode: number | null, tail: string): string | null {
  const signal = signalOfCode(exitCode);
  const word = WORDS[signal ?? ""];
  if (signal === null || word === undefined) return null;
  const lines = tail.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-LAST_LINES).some((line) => isSaid(line, word)) ? signal : null;
}

function isSaid(line: string, word: string): boolean {
  const said = line.replace(/^.{0,300}: line \d{1,7}: +\d{1,10} +|^zsh(?::\d{1,7})?: /, "");
  const rest = said.slice(word.length);
  const isSame = said.toLowerCase().startsWith(word.toLowerCase());
  return isSame && (said === line ? /^(?:: \d{1,2})?(?: \(core dumped\))?$/ : /^(?:[ :]|$)/).test(rest);
}

/** What bash, dash and busybox, and zsh print of a command that does not exist. */
const NOT_FOUND = [
  /^.{1,300}: line \d{1,7}: .{1,300}: command not found$/,
  /^.{1,300}: (?:line )?\d{1,7}: .{1,300}: not found$/,
  /^zsh(?::\d{1,7})?: command not found: ./,
];

/** The last line of a log in which a shell says that it did not find a command; null where there is none. */
export function notFoundByShell(tail: string): string | null {
  const lines = tail.split("\n").map((line) => line.trim());
  return lines.findLast((line) => NOT_FOUND.some((words) => words.test(line))) ?? null;
}
