import { platform, uptime } from "node:os";
import { openLibc } from "./libc.ts";
import { procContent } from "./proc-file.ts";

/** The source of time; tests pass their own. */
export interface Clock {
  /** Wall clock, in milliseconds since the epoch. It can jump in either direction. */
  now(): number;
  /**
   * Milliseconds since boot without time in suspend, the same for every process. Where the runtime cannot call libc, time in suspend
   * is included.
   */
  awakeMs(): number;
}

/** clock_gettime(2): the clock that stops in suspend is CLOCK_MONOTONIC on Linux and CLOCK_UPTIME_RAW on macOS. */
const AWAKE = platform() === "darwin" ? 8 : 1;

let readAwake: (() => number) | null = null;

function openAwakeClock(): () => number {
  const libc = openLibc({ clock_gettime: { args: ["i32", "ptr"], returns: "i32" } });
  if (libc === null) return uptimeMs;
  const time = new BigInt64Array(2);
  return () => {
    libc.call.clock_gettime(AWAKE, libc.ptr(time));
    return Number(time[0]) * 1_000 + Number(time[1]) / 1e6;
  };
}

/** Milliseconds since boot, time in suspend included, in steps of 10 ms (proc_uptime(5)): the fallback without libc. */
function uptimeMs(): number {
  const [seconds] = procContent("/proc/uptime")?.toString("latin1").split(" ") ?? [];
  return Number(seconds ?? uptime()) * 1_000;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  awakeMs: () => {
    readAwake ??= openAwakeClock();
    return readAwake();
  },
};

/** RFC 3339 in UTC with milliseconds: the format of every time on disk. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** The last timestamp parsed: tasks of one batch have the same one, and are read one after the other. */
let lastRead = { text: "", ms: Number.NaN };

/** Parses a timestamp into ms since the epoch: the format of `timestamp` by hand, any other by `Date.parse`, which takes four times as long. */
export function instantMs(text: string): number {
  if (text === lastRead.text) return lastRead.ms;
  lastRead = { text, ms: isPlain(text) ? plainMs(text) : Date.parse(text) };
  return lastRead.ms;
}

function isPlain(text: string): boolean {
  return text.length === 24 && text.charCodeAt(23) === 0x5a;
}

function plainMs(text: string): number {
  const two = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 48;
  const year = two(0) * 100 + two(2);
  const ms = two(20) * 10 + text.charCodeAt(22) - 48;
  return Date.UTC(year, two(5) - 1, two(8), two(11), two(14), two(17), ms);
}
