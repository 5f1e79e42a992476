import { uptime } from "node:os";
import { allPids, type ProcessIdentity } from "../lib/host.ts";
import {
  isGivenOut,
  type PidMark,
  type ProcessEntry,
  pidMark,
  processEntry,
  type StartedWith,
  startedWith,
} from "./process-table.ts";

/*
 * Which processes of the machine belong to which attempt. A job may fork, daemonize, clear its environment and change its session, so no
 * single property is enough: a process belongs to an attempt by its session or process group, by its control group, by STINT_TOKEN in
 * its initial environment, or by descent from a process that did when it was first seen.
 *
 * ProcessTracker remembers what it saw, so that the end of a job costs no scan of the jobs that go on. A `refresh`, in this order:
 * 1. Processes that were in execve(2) the last time are read again, and young ones without a token: the first process of a container
 *    is its engine's runtime at first, and gets the token when it executes the job.
 * 2. The fork count and the last pid are read. If both are unchanged, no process was made, and it is done.
 * 3. The pids are listed. A process is read where it is new, or where its pid was assigned since the last refresh; after many forks, all
 *    are. The count is read before the list, so a process made meanwhile changes the next one.
 * 4. Each new process gets the attempt of its token, else of the token that its parent has now, else of its parent; only then are
 *    ended processes forgotten, parents among them. So what a process of an attempt starts with another token is not of the attempt:
 *    a container runner starts the engine so, whose monitor must outlive a KILL.
 *
 * `suspects` returns candidates, read again each time. `tree.ts` decides which are members, and signals them: a group is signalled only
 * where it is proven to be the attempt's, SIGKILL is repeated until no new member appears, and a search ends after two refreshes in a row
 * without one, as a single one can miss a process that forks and exits.
 *
 * Invariants: no process older than the leader is a member by its token or descent; a pid counts only with its start time; nothing here is
 * on disk, so a crash loses only what a new tracker reads again, and the descent from parents that have ended.
 */

/** A process as it was when it was first seen. */
interface Known {
  readonly startTime: string;
  readonly parent: number;
  readonly session: number;
  readonly group: number;
  readonly tokens: StartedWith;
  /** The token of the attempt that it descends from, by its own environment or by its parent; null for none. */
  owner?: string | null;
}

/** A candidate for a member of an attempt, as it is now. */
export interface Suspect extends ProcessEntry {
  /** Its parent was a process of the attempt when it was first seen, even if its session and environment differ now. */
  readonly isDescendant: boolean;
}

/** The attempt whose processes are wanted. */
interface Wanted {
  /** Of the attempt; null where it is not known. */
  readonly leader: ProcessIdentity | null;
  /** Pids whose sessions and groups are the attempt's. */
  readonly heads: readonly number[];
  readonly token: string;
  /** Pids that are candidates in any case. */
  readonly also: ReadonlySet<number>;
}

/** The process table; tests have their own. */
export interface ProcessSource {
  readonly pidMark: () => PidMark | null;
  readonly allPids: () => number[];
  readonly processEntry: (pid: number) => ProcessEntry | null;
  readonly tokensOf: (pid: number) => StartedWith;
  /** In the unit of `ProcessEntry.startTime`. */
  readonly now: () => number;
}

const THIS_MACHINE: ProcessSource = {
  pidMark,
  allPids,
  processEntry,
  tokensOf: (pid) => startedWith(pid, "STINT_TOKEN"),
  now: () => uptime() * TICKS_PER_SECOND,
};

/** In start times; the same on every Linux (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** A process is young for so long. On a busy machine, an engine takes seconds from the first process of a container to its job. */
const YOUNG_TICKS = 30 * TICKS_PER_SECOND;

/** After more forks than this, all processes are read again. */
const MANY_FORKS = 256;

/** The pids of the known processes by what can make them members: a search among thousands of jobs reads only its own. */
interface Index {
  /** By the attempt's token: those that have it, or descend from one that has. */
  readonly byToken: ReadonlyMap<string, readonly number[]>;
  /** By the pid of a leader: those in its session or group. */
  readonly byHead: ReadonlyMap<number, readonly number[]>;
  /** Their tokens cannot be read, or not yet: candidates of every attempt. */
  readonly unread: readonly number[];
}

/** Remembers the processes of the machine and their attempts from one refresh to the next. */
export class ProcessTracker {
  readonly #source: ProcessSource;
  #known = new Map<number, Known>();
  /** The pids of young processes without a token. */
  readonly #young = new Set<number>();
  /** Of `#known`; null where that has changed since. */
  #index: Index | null = null;
  #mark: PidMark | null = null;
  #isBlind = false;

  constructor(source: ProcessSource = THIS_MACHINE) {
    this.#source = source;
  }

  /** True where the system shows no processes. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** Adds the leader of an attempt that was just started, which need not be read. */
  addLeader({ pid, startTime }: ProcessIdentity, token: string): void {
    this.#known.set(pid, { startTime, parent: 0, session: pid, group: pid, tokens: [token], owner: token });
    this.#index = null;
  }

  /** Adds the processes that were made since the last refresh, and forgets those that have ended. */
  refresh(): void {
    this.#readAgain();
    // Before the list: a process made meanwhile changes the next mark. The kernel counts a process once it is visible.
    const mark = this.#source.pidMark();
    const since = this.#mark;
    if (mark !== null && mark.forks === since?.forks && mark.lastPid === since.lastPid) return;
    const isFar = mark === null || since === null || mark.forks - since.forks > MANY_FORKS;
    const pids = this.#source.allPids();
    const seen = new Map<number, Known>();
    for (const pid of pids) {
      const known = this.#known.get(pid);
      // The pid may have been reused.
      if (known === undefined || isFar || isGivenOut(pid, { since, mark })) this.#inspect(pid, seen);
      else seen.set(pid, known);
    }
    // Before ended processes are forgotten: their children may be new.
    for (const pid of seen.keys()) this.#ownerOf(pid, seen);
    this.#known = seen;
    this.#index = null;
    this.#isBlind = pids.length === 0;
    this.#mark = mark;
  }

  /** Reads processes again that may have executed another program since. */
  #readAgain(): void {
    const isChanging = (pid: number): boolean => this.#known.get(pid)?.tokens === "changing";
    const changing = (this.#index?.unread ?? [...this.#known.keys()]).filter(isChanging);
    const oldest = this.#young.size === 0 ? 0 : this.#source.now() - YOUNG_TICKS;
    const young = [...this.#young].filter((pid) => Number(this.#known.get(pid)?.startTime) > oldest);
    this.#young.clear();
    for (const pid of [...changing, ...young]) this.#inspect(pid, this.#known, "again");
    if (changing.length > 0 || young.some((pid) => !this.#young.has(pid))) this.#index = null;
  }

  /** The attempt that a process descends from; unknown where its parent ended before the process was first seen. */
  #ownerOf(pid: number, seen: ReadonlyMap<number, Known>): string | null {
    const known = seen.get(pid) ?? this.#known.get(pid);
    if (known === undefined || known.owner !== undefined) return known?.owner ?? null;
    // Also ends a cycle of parents, which reused pids may seem to form.
    known.owner = null;
    const owner = tokenIn(known.tokens) ?? this.#ownerByParent(known.parent, seen);
    known.owner = owner;
    return owner;
  }

  #ownerByParent(parent: number, seen: ReadonlyMap<number, Known>): string | null {
    const owner = this.#ownerOf(parent, seen);
    // It may have executed another program since it was first seen.
    return owner === null ? null : (tokenIn(this.#source.tokensOf(parent)) ?? owner);
  }

  /**
   * The candidates of an attempt, as they are now: its leader; processes that, when first seen, were in its sessions or groups, descended
   * from it or had its token; and processes whose environment cannot be read.
   */
  suspects({ leader, heads, token, also }: Wanted): Suspect[] {
    this.#index ??= indexOf(this.#known);
    const { byToken, byHead, unread } = this.#index;
    const led = heads.flatMap((head) => [head, ...(byHead.get(head) ?? [])]);
    const found: Suspect[] = [];
    const first = Number(leader?.startTime);
    for (const pid of new Set([...(byToken.get(token) ?? []), ...led, ...unread, ...also])) {
      const known = this.#known.get(pid);
      if (known === undefined) continue;
      const isDescendant = known.owner === token && !(Number(known.startTime) < first);
      const isLed = isDescendant || [pid, known.session, known.group].some((one) => heads.includes(one));
      // A process that is older than the leader does not descend from it.
      const mayBeMarked = !(Number(known.startTime) < first) && this.#mayHave(token, known);
      if (!isLed && !mayBeMarked && !also.has(pid)) continue;
      const entry = this.#source.processEntry(pid);
      if (entry !== null && !entry.isKernel)
        found.push({ ...entry, isDescendant: isDescendant && entry.startTime === known.startTime });
    }
    return found;
  }

  /** A process in execve(2) may have the token, unless the leader of its session has another one: it inherited the same environment. */
  #mayHave(token: string, { session, tokens }: Known): boolean {
    if (tokens === "unreadable") return true;
    if (tokens !== "changing") return tokens.includes(token);
    const ofLeader = this.#known.get(session)?.tokens;
    return !Array.isArray(ofLeader) || ofLeader.length === 0 || ofLeader.includes(token);
  }

  #inspect(pid: number, seen: Map<number, Known>, mode: "again" | "once" = "once"): void {
    const entry = this.#source.processEntry(pid);
    if (entry === null) {
      seen.delete(pid);
      return;
    }
    const { startTime, parent, session, group, isKernel, isZombie } = entry;
    const known = this.#known.get(pid);
    const before = known?.startTime === startTime ? known : null;
    if (Array.isArray(before?.tokens) && mode === "once") {
      seen.set(pid, before);
      return;
    }
    const tokens = isKernel || isZombie ? [] : this.#source.tokensOf(pid);
    const hasToken = tokenIn(tokens) !== undefined;
    if (Array.isArray(tokens) && !hasToken && !isKernel && !isZombie) this.#young.add(pid);
    // By descent it stays of the attempt: the parent that it had then may have ended since.
    const isKept = typeof before?.owner === "string" && !hasToken;
    seen.set(pid, { startTime, parent, session, group, tokens, ...(isKept && { owner: before.owner }) });
  }
}

function tokenIn(tokens: StartedWith): string | undefined {
  return typeof tokens === "string" ? undefined : tokens[0];
}

function indexOf(known: ReadonlyMap<number, Known>): Index {
  const byToken = new Map<string, number[]>();
  const byHead = new Map<number, number[]>();
  const unread: number[] = [];
  for (const [pid, { session, group, tokens, owner }] of known) {
    if (typeof tokens === "string") unread.push(pid);
    const own = typeof tokens === "string" ? [] : tokens;
    for (const token of new Set(typeof owner === "string" ? [owner, ...own] : own))
      byToken.getOrInsertComputed(token, () => []).push(pid);
    for (const head of new Set([session, group])) byHead.getOrInsertComputed(head, () => []).push(pid);
  }
  return { byToken, byHead, unread };
}
