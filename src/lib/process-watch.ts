import { closeSync } from "node:fs";
import { arch, platform } from "node:os";
import { isAlive, ownLimit, type ProcessIdentity } from "./host.ts";
import { openLibc } from "./libc.ts";

/** The number of pidfd_open(2) on every architecture; since Linux 5.3. */
const PIDFD_OPEN = 434;
/** epoll(7): the descriptor of a process is readable once the process has ended. */
const EPOLLIN = 1;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0o2_000_000;
/** struct epoll_event: 32 bits of events, 64 of data; packed on x64 alone. */
const [EVENT_BYTES, DATA_AT] = arch() === "x64" ? [12, 4] : [16, 8];

/** Descriptors that are left for other uses; beyond them, processes are probed one by one through /proc. */
const SPARE_FILES = 64;

/** How often the descriptors are polled. */
const POLL_MS = 100;

interface System {
  /** A descriptor of a process, or a negative number. */
  readonly open: (pid: number) => number;
  /** A new set of descriptors, or a negative number. */
  readonly openSet: () => number;
  /** False where the system refuses. */
  readonly add: (set: number, file: number) => boolean;
  readonly remove: (set: number, file: number) => void;
  /** Those descriptors in the set of so many whose processes have ended. */
  readonly ended: (set: number, count: number) => number[];
}

/**
 * Watches processes that are not our children: one epoll_wait(2) over their pidfds tells which have ended, zombies included, and costs
 * the same for one as for thousands. A pidfd stands for the process itself, however its pid is reused. Without pidfds, each process is
 * probed.
 */
export class ProcessWatch implements Disposable {
  readonly #files = new Map<string, number>();
  /** The keys of `#files`, by descriptor. */
  readonly #keys = new Map<number, string>();
  /** The epoll descriptor; opened with the first process. */
  #set: number | null = null;
  #gone: ReadonlySet<string> = new Set();
  #asked = new Set<string>();

  /** Asks for the ends of all processes that were asked for since the last refresh, and closes the descriptors of the others. */
  refresh(): void {
    for (const [key, file] of this.#files) {
      if (!this.#asked.has(key)) this.#drop(key, file);
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
    const ended = this.#set === null ? [] : (linux()?.ended(this.#set, this.#files.size) ?? []);
    return new Set(ended.map((file) => this.#keys.get(file)).filter((key) => key !== undefined));
  }

  /** Watches a process from now on; false where the system refuses. */
  #keep(key: string, file: number): boolean {
    this.#set ??= linux()?.openSet() ?? -1;
    if (linux()?.add(this.#set, file) !== true) return false;
    this.#files.set(key, file);
    this.#keys.set(file, key);
    return true;
  }

  #drop(key: string, file: number): void {
    // A copy in a child that has not reached its execve(2) would keep the closed descriptor in the set.
    if (this.#set !== null) linux()?.remove(this.#set, file);
    closeSync(file);
    this.#files.delete(key);
    this.#keys.delete(file);
  }

  /** True while this very process runs, as of the last refresh. */
  isAlive(identity: ProcessIdentity): boolean {
    const key = keyOf(identity);
    this.#asked.add(key);
    if (this.#files.has(key)) return !this.#gone.has(key);
    const file = linux()?.open(identity.pid) ?? -1;
    if (file < 0) return isAlive(identity);
    // open(2) returns the lowest free descriptor, so its number tells how many are in use.
    let isKept = file < (mostFiles ??= ownLimit("Max open files")) - SPARE_FILES;
    try {
      // Checked after the open: only then is it certain that the descriptor is of this process and not of one that reused its pid.
      const isHere = isAlive(identity);
      isKept &&= isHere;
      return isHere;
    } finally {
      if (!isKept || !this.#keep(key, file)) closeSync(file);
    }
  }

  [Symbol.dispose](): void {
    for (const [key, file] of this.#files) this.#drop(key, file);
    if (this.#set !== null && this.#set >= 0) closeSync(this.#set);
    this.#set = null;
  }
}

function keyOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} ${startTime}`;
}

/** The soft limit of open files of this process, once it was read. */
let mostFiles: number | undefined;

let system: System | null | undefined;

/** Null where the system has no pidfds. */
function linux(): System | null {
  return (system ??= platform() === "linux" ? openLinux() : null);
}

function openLinux(): System | null {
  const libc = openLibc({
    syscall: { args: ["i64", "i64", "i64"], returns: "i64" },
    epoll_create1: { args: ["i32"], returns: "i32" },
    epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  });
  if (libc === null) return null;
  const { call, ptr } = libc;
  const eventOf = (file: number): DataView => {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, EPOLLIN, true);
    event.setInt32(DATA_AT, file, true);
    return event;
  };
  return {
    open: (pid) => Number(call.syscall(PIDFD_OPEN, pid, 0)),
    openSet: () => call.epoll_create1(EPOLL_CLOEXEC),
    add: (set, file) => call.epoll_ctl(set, EPOLL_CTL_ADD, file, ptr(eventOf(file))) === 0,
    remove: (set, file) => call.epoll_ctl(set, EPOLL_CTL_DEL, file, ptr(eventOf(file))),
    ended: (set, count) => {
      // The call refuses a length of 0.
      const size = Math.max(1, count);
      const events = new DataView(new ArrayBuffer(size * EVENT_BYTES));
      const length = Math.max(0, call.epoll_wait(set, ptr(events), size, 0));
      return Array.from({ length }, (_, index) => events.getInt32(index * EVENT_BYTES + DATA_AT, true));
    },
  };
}
