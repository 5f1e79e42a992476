import { dlopen, ptr } from "bun:ffi";
import { platform } from "node:os";

/** Where time comes from; tests pass their own. */
export interface Clock {
  /** Wall clock, in milliseconds since the epoch. It can jump in either direction. */
  now(): number;
  /** Milliseconds that the machine has been awake since it booted: the same for every process, and still in a suspend. */
  awakeMs(): number;
}

/** clock_gettime(2): CLOCK_MONOTONIC leaves a suspend out on Linux; on macOS that is CLOCK_UPTIME_RAW. */
const AWAKE =
  platform() === "darwin" ? { library: "libSystem.B.dylib", id: 8 } : { library: "libc.so.6", id: 1 };

let readAwake: (() => number) | null = null;

function openAwakeClock(): () => number {
  const { symbols } = dlopen(AWAKE.library, { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } });
  const time = new BigInt64Array(2);
  return () => {
    symbols.clock_gettime(AWAKE.id, ptr(time));
    return Number(time[0]) * 1_000 + Number(time[1]) / 1e6;
  };
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  awakeMs: () => {
    readAwake ??= openAwakeClock();
    return readAwake();
  },
};

/** RFC 3339 in UTC with milliseconds, the form of every time on disk. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
