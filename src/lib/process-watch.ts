import type * as ffi from "bun:ffi";
import { closeSync } from "node:fs";
import { platform } from "node:os";
import { isAlive, ownLimit, type ProcessIdentity } from "./host.ts";

/** The number of pidfd_open(2) on every architecture; since Linux 5.3. */
const PIDFD_OPEN = 434;
/** poll(2): the descriptor of a process is readable once the process has ended. */
const POLLIN = 1;
/** struct pollfd: fd, events, revents. */
const POLLFD_BYTES = 8;

/** Descriptors that are left for other uses; beyond them, processes are probed one by one through /proc. */
const SPARE_FILES = 64;

/** How often the descriptors are polled. */
const POLL_MS = 100;

interface System {
  /** A descriptor, or a negative number. */
  readonly open: (pid: number) => number;
  /** For each descriptor, whether its process has ended. */
  readonly ended: (files: readonly number[]) => boolean[];
}

/**
 * Watches processes that are not our children: one poll(2) over their pidfds tells which have ended, zombies included. A pidfd stands for
 * the process itself, however its pid is reused. Without pidfds, each process is probed.
 */
export class ProcessWatch implements Disposable {
  readonly #files = new Map<string, number>();
  #gone: ReadonlySet<string> = new Set();
  #asked = new Set<string>();

  /** Polls all processes that were asked for since the last refresh, and closes the descriptors of the others. */
  refresh(): void {
    for (const [key, file] of this.#files) {
      if (this.#asked.has(key)) continue;
      closeSync(file);
      this.#files.delete(key);
    }
    this.#asked = new Set();
    this.#gone = this.#ended();
  }

  /** True once a watched process has ended, until the next refresh. */
  get hasEnded(): boolean {
    return this.#ended().size > 0;
  }

  /** Calls back repeatedly, soon after a watched process has ended; returns a function that stops that. */
  onEnd(callback: () => void): () => void {
    if (this.#files.size === 0) return () => {};
    const timer = setInterval(() => this.hasEnded && callback(), POLL_MS);
    return () => clearInterval(timer);
  }

  /** True for a process whose end `hasEnded` reports. */
  isWatched(identity: ProcessIdentity): boolean {
    return this.#files.has(keyOf(identity));
  }

  #ended(): Set<string> {
    const keys = [...this.#files.keys()];
    const ended = keys.length === 0 ? [] : (linux()?.ended([...this.#files.values()]) ?? []);
    return new Set(keys.filter((_, index) => ended[index] === true));
  }

  /** True while this very process runs, as of the last refresh. */
  isAlive(identity: ProcessIdentity): boolean {
    const key = keyOf(identity);
    this.#asked.add(key);
    if (this.#files.has(key)) return !this.#gone.has(key);
    const file = linux()?.open(identity.pid) ?? -1;
    if (file < 0) return isAlive(identity);
    // open(2) returns the lowest free descriptor, so its number tells how many are in use.
    let isKept = file < mostFiles() - SPARE_FILES;
    try {
      // Checked after the open: only then is it certain that the descriptor is of this process and not of one that reused its pid.
      const isHere = isAlive(identity);
      isKept &&= isHere;
      return isHere;
    } finally {
      if (isKept) this.#files.set(key, file);
      else closeSync(file);
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }
}

function keyOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} ${startTime}`;
}

let most: number | undefined;

/** The soft limit of open files of this process. */
function mostFiles(): number {
  return (most ??= ownLimit("Max open files"));
}

let system: System | null | undefined;

/** Null where the system has no pidfds. */
function linux(): System | null {
  return (system ??= platform() === "linux" ? openLinux() : null);
}

function openLinux(): System | null {
  try {
    const { dlopen, ptr }: typeof ffi = import.meta.require("bun:ffi");
    const { symbols } = dlopen("libc.so.6", {
      syscall: { args: ["i64", "i64", "i64"], returns: "i64" },
      poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
    });
    return {
      open: (pid) => Number(symbols.syscall(PIDFD_OPEN, pid, 0)),
      ended: (files) => {
        const asked = new DataView(new ArrayBuffer(files.length * POLLFD_BYTES));
        for (const [index, file] of files.entries()) {
          asked.setInt32(index * POLLFD_BYTES, file, true);
          asked.setInt16(index * POLLFD_BYTES + 4, POLLIN, true);
        }
        symbols.poll(ptr(asked), files.length, 0);
        return files.map((_, index) => asked.getInt16(index * POLLFD_BYTES + 6, true) !== 0);
      },
    };
  } catch {
    // Another libc than glibc.
    return null;
  }
}
