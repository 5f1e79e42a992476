import { readFileSync } from "node:fs";

/** True once a process has a handler of its own for SIGINT (proc(5)). */
export function hearsInterrupts(pid: number): boolean {
  const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (BigInt(`0x${caught ?? "0"}`) & 2n) !== 0n;
}

/** True for a process that is stopped, or waits in vfork(2) for a child that is; false for one that has ended meanwhile. */
export function isStandingStill(pid: number): boolean {
  try {
    return /\) [TD] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
