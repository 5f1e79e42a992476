import { readFileSync } from "node:fs";

/** True once a process has a handler of its own for SIGINT (proc(5)). */
export function hearsInterrupts(pid: number): boolean {
  const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (BigInt(`0x${caught ?? "0"}`) & 2n) !== 0n;
}
