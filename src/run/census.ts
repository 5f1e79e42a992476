import { allPids } from "../lib/host.ts";
import {
  isGivenOut,
  type PidMark,
  type ProcessEntry,
  pidMark,
  processEntry,
  startedWith,
} from "./process-table.ts";

/** What was seen of a process when it was met. */
interface Known {
  readonly session: number;
  readonly group: number;
  /** The tokens that it was started with; null for one that was just becoming another program. */
  readonly tokens: readonly string[] | null;
}

interface Wanted {
  /** Its pid. */
  readonly leader: number | null;
  readonly token: string;
  readonly also: ReadonlySet<number>;
}

/** After more new processes than this, whom a pid belongs to is looked up again for all of them. */
const MANY_FORKS = 256;
const MANY_DEAD = 256;

/**
 * Whose the machine's processes are, remembered from one look to the next. A process is born into the session of its parent
 * and with its environment, so that whoever was met as another attempt's need not be read again: what an end costs is not
 * to grow with the jobs that go on.
 */
export class Census {
  readonly #known = new Map<number, Known>();
  #mark: PidMark | null = null;

  /** True where the system shows no processes. */
  get isBlind(): boolean {
    return this.#known.size === 0;
  }

  /** Meets who has come since the last look. */
  look(): void {
    // Before the list: whoever comes meanwhile changes the next mark. The kernel counts a process once it can be seen.
    const mark = pidMark();
    const since = this.#mark;
    if (mark !== null && mark.forks === since?.forks) return;
    this.#mark = mark;
    if (mark === null || since === null || mark.forks - since.forks > MANY_FORKS) this.#known.clear();
    const pids = allPids();
    for (const pid of pids) {
      // It may be another process's than the one that had it.
      const isNew = since !== null && mark !== null && isGivenOut(pid, { since, mark });
      if (isNew || !this.#known.has(pid)) this.#meet(pid);
    }
    // Nobody asks for the dead: they are told apart when there are many.
    if (this.#known.size > pids.length + MANY_DEAD) this.#forgetAllBut(new Set(pids));
  }

  /**
   * Those that may belong to an attempt, as they are now: who was in its leader's session or group, or had its token, when it
   * was met, though it may have left the one and hide the other since; and those in `also`.
   */
  suspects({ leader, token, also }: Wanted): ProcessEntry[] {
    const found: ProcessEntry[] = [];
    for (const [pid, { session, group, tokens }] of this.#known) {
      const isSuspect = session === leader || group === leader || tokens?.includes(token) !== false;
      if (!isSuspect && !also.has(pid)) continue;
      // By now it may be that other program.
      if (tokens === null) this.#meet(pid);
      const entry = processEntry(pid);
      if (entry !== null && !entry.isKernel) found.push(entry);
    }
    return found;
  }

  #meet(pid: number): void {
    const entry = processEntry(pid);
    if (entry === null) {
      this.#known.delete(pid);
      return;
    }
    const { session, group, isKernel, isZombie } = entry;
    const tokens = isKernel || isZombie ? [] : startedWith(pid, "STINT_TOKEN");
    this.#known.set(pid, { session, group, tokens });
  }

  #forgetAllBut(living: ReadonlySet<number>): void {
    for (const pid of this.#known.keys()) if (!living.has(pid)) this.#known.delete(pid);
  }
}
