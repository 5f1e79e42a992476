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

/** What was seen of a process when it was met. */
interface Known {
  readonly startTime: string;
  readonly parent: number;
  readonly session: number;
  readonly group: number;
  readonly tokens: StartedWith;
  /** The token of the attempt that it descends from, by its own environment or by its parent; null for none. */
  owner?: string | null;
}

/** A process that may belong to an attempt, as it is now. */
export interface Suspect extends ProcessEntry {
  /** Its parent was a process of the attempt when it was met, whatever became of its session and environment. */
  readonly isDescendant: boolean;
}

/** Whose processes are asked for. */
interface Wanted {
  /** Of the attempt; null where it is not known. */
  readonly leader: ProcessIdentity | null;
  /** Pids whose sessions and groups are the attempt's. */
  readonly heads: readonly number[];
  readonly token: string;
  /** Pids that are asked for in any case. */
  readonly also: ReadonlySet<number>;
}

/** Where the processes are looked up; tests have a machine of their own. */
export interface ProcessSource {
  readonly pidMark: () => PidMark | null;
  readonly allPids: () => number[];
  readonly processEntry: (pid: number) => ProcessEntry | null;
  readonly tokensOf: (pid: number) => StartedWith;
}

const THIS_MACHINE: ProcessSource = {
  pidMark,
  allPids,
  processEntry,
  tokensOf: (pid) => startedWith(pid, "STINT_TOKEN"),
};

/** After more new processes than this, whom a pid belongs to is looked up again for all of them. */
const MANY_FORKS = 256;

/**
 * Whose the machine's processes are, remembered from one look to the next. A process is born into the session of its parent
 * and with its environment, so that whoever was met as another attempt's need not be read again: what an end costs is not
 * to grow with the jobs that go on. It only tells whom to ask: what a suspect is, is read anew each time.
 */
export class ProcessTracker {
  readonly #source: ProcessSource;
  #known = new Map<number, Known>();
  #mark: PidMark | null = null;
  #isBlind = false;

  constructor(source: ProcessSource = THIS_MACHINE) {
    this.#source = source;
  }

  /** True where the system shows no processes. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** Hears of the leader of an attempt that was just started: what it is need not be found out. */
  addLeader({ pid, startTime }: ProcessIdentity, token: string): void {
    this.#known.set(pid, {
      startTime,
      parent: 0,
      session: pid,
      group: pid,
      tokens: [token],
      owner: token,
    });
  }

  /** Meets who has come since the last look, and forgets who has gone. */
  refresh(): void {
    // By now they may be the programs that they were becoming.
    for (const [pid, known] of this.#known) if (known.tokens === "changing") this.#inspect(pid, this.#known);
    // Before the list: whoever comes meanwhile changes the next mark. The kernel counts a process once it can be seen.
    const mark = this.#source.pidMark();
    const since = this.#mark;
    if (mark !== null && mark.forks === since?.forks && mark.lastPid === since.lastPid) return;
    const isFar = mark === null || since === null || mark.forks - since.forks > MANY_FORKS;
    const pids = this.#source.allPids();
    const met = new Map<number, Known>();
    for (const pid of pids) {
      const known = this.#known.get(pid);
      // What is known of a pid may be of the one that had it before.
      if (known === undefined || isFar || isGivenOut(pid, { since, mark })) this.#inspect(pid, met);
      else met.set(pid, known);
    }
    // Before those are forgotten who went: their children may have been met just now.
    for (const pid of met.keys()) this.#ownerOf(pid, met);
    this.#known = met;
    this.#isBlind = pids.length === 0;
    this.#mark = mark;
  }

  /** The attempt that a process descends from. A child is met while its parent lives, or it cannot be told. */
  #ownerOf(pid: number, met: ReadonlyMap<number, Known>): string | null {
    const known = met.get(pid) ?? this.#known.get(pid);
    if (known === undefined || known.owner !== undefined) return known?.owner ?? null;
    // Also ends a circle of parents, which pids that are used again can seem to make.
    known.owner = null;
    const own = typeof known.tokens === "string" ? undefined : known.tokens[0];
    const owner = own ?? this.#ownerOf(known.parent, met);
    known.owner = owner;
    return owner;
  }

  /**
   * Those that may belong to an attempt, as they are now: its leader, who was in its sessions or groups, descended from it or had its
   * token, when it was met, though it may have left the one and hide the other since; and whoever keeps from us what it has.
   */
  suspects({ leader, heads, token, also }: Wanted): Suspect[] {
    const found: Suspect[] = [];
    const first = Number(leader?.startTime);
    for (const [pid, known] of this.#known) {
      const isDescendant = known.owner === token && !(Number(known.startTime) < first);
      const isLed = isDescendant || [pid, known.session, known.group].some((one) => heads.includes(one));
      // Nothing that is older than the leader descends from it.
      const mayBeMarked = !(Number(known.startTime) < first) && this.#mayHave(token, known);
      if (!isLed && !mayBeMarked && !also.has(pid)) continue;
      const entry = this.#source.processEntry(pid);
      if (entry !== null && !entry.isKernel)
        found.push({ ...entry, isDescendant: isDescendant && entry.startTime === known.startTime });
    }
    return found;
  }

  /** Of a process that is just becoming another program, the leader of a neighbour's session tells: it was born with the same. */
  #mayHave(token: string, { session, tokens }: Known): boolean {
    if (tokens === "unreadable") return true;
    if (tokens !== "changing") return tokens.includes(token);
    const ofLeader = this.#known.get(session)?.tokens;
    return !Array.isArray(ofLeader) || ofLeader.length === 0 || ofLeader.includes(token);
  }

  #inspect(pid: number, met: Map<number, Known>): void {
    const entry = this.#source.processEntry(pid);
    if (entry === null) {
      met.delete(pid);
      return;
    }
    const { startTime, parent, session, group, isKernel, isZombie } = entry;
    const known = this.#known.get(pid);
    if (known?.startTime === startTime && Array.isArray(known.tokens)) met.set(pid, known);
    else {
      const tokens = isKernel || isZombie ? [] : this.#source.tokensOf(pid);
      met.set(pid, { startTime, parent, session, group, tokens });
    }
  }
}
