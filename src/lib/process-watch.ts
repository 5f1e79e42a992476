import type * as ffi from "bun:ffi";
import { closeSync } from "node:fs";
import { platform } from "node:os";
import { isAlive, ownLimit, type ProcessIdentity } from "./host.ts";

/** pidfd_open(2), on every processor; since Linux 5.3. */
const PIDFD_OPEN = 434;
/** poll(2): the descriptor of a process is readable once the process has ended. */
const POLLIN = 1;
/** A pollfd: the descriptor, what is asked, what is answered. */
const POLLFD_BYTES = 8;

/** Descriptors that are left to others: where they are short, processes are looked at one by one. */
const SPARE_FILES = 64;

/** How often it is looked whether one has ended. */
const LOOK_MS = 100;

interface System {
  /** A descriptor, or a negative number. */
  readonly open: (pid: number) => number;
  /** Which of some descriptors are of processes that have ended. */
  readonly ended: (files: readonly number[]) => boolean[];
}

/**
 * Tells of many processes that are not our children which have ended, a zombie too, in one call to the system: what is held open stands for
 * the process itself, whoever gets its pid later. Where the system has no such thing, each is looked at.
 */
export class ProcessWatch implements Disposable {
  readonly #files = new Map<string, number>();
  #gone: ReadonlySet<string> = new Set();
  #asked = new Set<string>();

  /** Looks at all that were asked for since the last look; those that were not are forgotten. */
  look(): void {
    for (const [key, file] of this.#files) {
      if (this.#asked.has(key)) continue;
      closeSync(file);
      this.#files.delete(key);
    }
    this.#asked = new Set();
    this.#gone = this.#ended();
  }

  /** True where there is news for a look: one of those that are watched has ended. */
  get hasNews(): boolean {
    return this.#ended().size > 0;
  }

  /** Calls back once one of those that are watched has ended, soon after; gives what ends that. */
  tell(onNews: () => void): () => void {
    if (this.#files.size === 0) return () => {};
    const timer = setInterval(() => this.hasNews && onNews(), LOOK_MS);
    return () => clearInterval(timer);
  }

  /** True for a process whose end `hasNews` tells of. */
  isWatched(identity: ProcessIdentity): boolean {
    return this.#files.has(keyOf(identity));
  }

  #ended(): Set<string> {
    const keys = [...this.#files.keys()];
    const ended = keys.length === 0 ? [] : (linux()?.ended([...this.#files.values()]) ?? []);
    return new Set(keys.filter((_, index) => ended[index] === true));
  }

  /** True while exactly this process lives, as of the last look. */
  isAlive(identity: ProcessIdentity): boolean {
    const key = keyOf(identity);
    this.#asked.add(key);
    if (this.#files.has(key)) return !this.#gone.has(key);
    const file = linux()?.open(identity.pid) ?? -1;
    if (file < 0) return isAlive(identity);
    // The system gives the lowest number that is free.
    let isKept = file < mostFiles() - SPARE_FILES;
    try {
      // Afterwards: what is held open now is the process that bears the pid now.
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

/** How many descriptors this process may have. */
function mostFiles(): number {
  return (most ??= ownLimit("Max open files"));
}

let system: System | null | undefined;

/** Null where this system has no descriptors of processes. */
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
    // Another libc than the usual one.
    return null;
  }
}
