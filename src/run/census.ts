import { allPids, type ProcessIdentity } from "../lib/host.ts";
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
  readonly startTime: string;
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

  /** Hears of the leader of an attempt that was just started: what it is need not be found out. */
  welcome({ pid, startTime }: ProcessIdentity, token: string): void {
    this.#known.set(pid, { startTime, session: pid, group: pid, tokens: [token] });
  }

  /** Meets who has come since the last look. */
  look(): void {
    // Before the list: whoever comes meanwhile changes the next mark. The kernel counts a process once it can be seen.
    const mark = pidMark();
    const since = this.#mark;
    if (mark !== null && mark.forks === since?.forks) return;
    this.#mark = mark;
    const isFar = mark === null || since === null || mark.forks - since.forks > MANY_FORKS;
    const pids = allPids();
    for (const pid of pids) {
      // What is known of a pid may be of the one that had it before.
      if (isFar || isGivenOut(pid, { since, mark }) || !this.#known.has(pid)) this.#meet(pid);
    }
    // Nobody asks for the dead: they are told apart when there are many.
    if (this.#known.size > pids.length + MANY_DEAD) this.#forgetAllBut(new Set(pids));
  }

  /**
   * Those that may belong to an attempt, as they are now: its leader, who was in its session or group, or had its token, when it
   * was met, though it may have left the one and hide the other since; and those in `also`.
   */
  suspects({ leader, token, also }: Wanted): ProcessEntry[] {
    const found: ProcessEntry[] = [];
    for (const [pid, { session, group, tokens }] of this.#known) {
      const isLed = pid === leader || session === leader || group === leader;
      if (!isLed && !this.#mayHave(token, { session, tokens }) && !also.has(pid)) continue;
      // By now it may be that other program.
      if (tokens === null) this.#meet(pid);
      const entry = processEntry(pid);
      if (entry !== null && !entry.isKernel) found.push(entry);
    }
    return found;
  }

  /** Of a process that is just becoming another program, the leader of its session tells: it was born with the same. */
  #mayHave(token: string, { session, tokens }: Pick<Known, "session" | "tokens">): boolean {
    const telling = tokens ?? this.#known.get(session)?.tokens ?? null;
    return telling === null || telling.includes(token);
  }

  #meet(pid: number): void {
    const entry = processEntry(pid);
    if (entry === null) {
      this.#known.delete(pid);
      return;
    }
    const { startTime, session, group, isKernel, isZombie } = entry;
    const known = this.#known.get(pid);
    if (known?.startTime === startTime && known.tokens !== null) return;
    const tokens = isKernel || isZombie ? [] : startedWith(pid, "STINT_TOKEN");
    this.#known.set(pid, { startTime, session, group, tokens });
  }

  #forgetAllBut(living: ReadonlySet<number>): void {
    for (const pid of this.#known.keys()) if (!living.has(pid)) this.#known.delete(pid);
  }
}
