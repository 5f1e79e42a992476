import { openLibc } from "./libc.ts";
import { procContent } from "./proc-file.ts";

/** What whoever started this process left it of the signals, as sets of bits: the lowest for signal 1. */
interface InheritedSignals {
  readonly ignored: bigint;
  readonly blocked: bigint;
}

/** Read from proc_pid_status(5); nothing is known of it outside Linux. */
export function inheritedSignals(): InheritedSignals {
  const status = procContent("/proc/self/status")?.toString("latin1") ?? "";
  const read = (line: RegExp): bigint => BigInt(`0x${line.exec(status)?.[1] ?? "0"}`);
  return { ignored: read(/^SigIgn:\s*(\w+)$/m), blocked: read(/^SigBlk:\s*(\w+)$/m) };
}

/** True where a set has a signal, by its number. */
export function hasSignal(set: bigint, signal: number): boolean {
  return ((set >> BigInt(signal - 1)) & 1n) === 1n;
}

/** What Linux takes for a whole set (signal(7)), and sigprocmask(2) for the order to put it in place of the present one. */
const SET_BYTES = 128;
const SIG_SETMASK = 2;

/** Lets all signals through to this process and to whatever it starts from now on; Linux only. */
export function unblockSignals(): void {
  const libc = openLibc({ sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" } });
  libc?.call.sigprocmask(SIG_SETMASK, libc.ptr(new Uint8Array(SET_BYTES)), null);
}
