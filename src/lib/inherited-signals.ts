import { openLibc } from "./libc.ts";
import { procContent } from "./proc-file.ts";

/** The signal dispositions inherited from the parent process, as bit sets; the lowest bit is signal 1. */
interface InheritedSignals {
  readonly ignored: bigint;
  readonly blocked: bigint;
}

/** Read from proc_pid_status(5); empty sets outside Linux. */
export function inheritedSignals(): InheritedSignals {
  const status = procContent("/proc/self/status")?.toString("latin1") ?? "";
  const read = (line: RegExp): bigint => BigInt(`0x${line.exec(status)?.[1] ?? "0"}`);
  return { ignored: read(/^SigIgn:\s*(\w+)$/m), blocked: read(/^SigBlk:\s*(\w+)$/m) };
}

export function hasSignal(set: bigint, signal: number): boolean {
  return ((set >> BigInt(signal - 1)) & 1n) === 1n;
}

/** The size of a signal set in glibc (sigset_t), and the value of SIG_SETMASK (sigprocmask(2)). */
const SET_BYTES = 128;
const SIG_SETMASK = 2;

/** Unblocks all signals for this process and for those that it starts from now on; Linux only. */
export function unblockSignals(): void {
  const libc = openLibc({ sigprocmask: { args: ["i32", "ptr", "ptr"], returns: "i32" } });
  libc?.call.sigprocmask(SIG_SETMASK, libc.ptr(new Uint8Array(SET_BYTES)), null);
}
