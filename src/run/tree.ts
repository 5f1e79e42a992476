import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { kill, pid as ownPid } from "node:process";
import { unlessRefused } from "../lib/errno.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import { type ProcessEntry, startedWith } from "./process-table.ts";
import { ProcessTracker, type Suspect } from "./process-tracker.ts";

/** All processes of one attempt. */
export interface ProcessTree {
  /** The recording parent, where it is known; it may have ended. */
  readonly leader: ProcessIdentity | null;
  /** The job itself, which leads its own session and process group; where it is known. */
  readonly main?: ProcessIdentity | null;
  /** The attempt's STINT_TOKEN, which its processes inherit. */
  readonly token: string;
  /** Its own control groups: every process in one is a member. */
  readonly groups?: readonly string[];
  /** Its processes in these sessions are left out. */
  readonly sparedSessions?: readonly number[];
}

/** The most scans for a tree that forks as fast as it is killed, or for a process that stays in execve(2). */
const MAX_SCANS = 200;
/** The pause while a process is in execve(2), which takes longer than a scan. */
const UNSURE_MS = 1;
/** Scans in a row without a new member that end a search: one can miss a process that forks and exits meanwhile. */
const QUIET_SCANS = 2;

/**
 * The pids of the living processes of an attempt: those in the session or group of the leader or the job, those in its control groups,
 * those with its token, and those that were first seen while their parent was one of these. Zombies and the calling process are never
 * among them.
 */
export function survivors(tree: ProcessTree): number[] {
  return survivorsOf([tree], new ProcessTracker())[0] ?? [];
}

/** The same for many attempts, in their order; `tracker` is the caller's, to remember processes between calls. */
export function survivorsOf(trees: readonly ProcessTree[], tracker: ProcessTracker): number[][] {
  const left = trees.map((): number[] => []);
  scanFor(trees, tracker, (index, found) => {
    left[index] = found.map(({ pid }) => pid);
    return found.length > 0;
  });
  return left;
}

/** Signals one attempt's processes; see `signalTrees`. */
export function signalTree(tree: ProcessTree, signal: NodeJS.Signals): number {
  return signalTrees([tree], signal, new ProcessTracker())[0] ?? 0;
}

/**
 * Signals the processes of attempts: for each first its groups, then every other process by its pid. SIGKILL is repeated until no new
 * process appears. No signal goes to a group that is not proven to be the attempt's; a process that has ended or is another user's is
 * skipped. Returns the number of processes of each attempt.
 */
export function signalTrees(
  trees: readonly ProcessTree[],
  signal: NodeJS.Signals | number,
  tracker: ProcessTracker,
): number[] {
  const isKill = signal === "SIGKILL";
  const reached = trees.map(() => 0);
  // A fork shows in the next scan or did not happen: the kernel does not finish one for a process that was killed.
  scanFor(trees, tracker, (index, found) => {
    const tree = trees[index];
    const heads = tree === undefined ? [] : headsOf(tree).map(({ pid }) => pid);
    if (isKill) for (const group of tree?.groups ?? []) killGroup(group);
    for (const head of heads) if (found.some(({ group }) => group === head)) send(-head, signal);
    // A process may have left the group since, so it is killed by its pid too; other signals must not arrive twice.
    for (const { pid, group } of found) if (isKill || !heads.includes(group)) send(pid, signal);
    reached[index] = (reached[index] ?? 0) + found.length;
    return !isKill;
  });
  return reached;
}

/** Signals the first process of a job alone, or all others of its attempt; returns how many. */
export function signalPart(
  tree: ProcessTree,
  part: "main" | "others",
  { signal, tracker }: { readonly signal: NodeJS.Signals | number; readonly tracker: ProcessTracker },
): number {
  const { main = null } = tree;
  if (part === "main" && (main === null || !isAlive(main))) return 0;
  const pids =
    part === "main"
      ? [main?.pid ?? 0]
      : (survivorsOf([tree], tracker)[0] ?? []).filter((pid) => pid !== main?.pid);
  for (const pid of pids) send(pid, signal);
  return pids.length;
}

/**
 * Scans the processes repeatedly, and passes the new members of each tree to `onFound`. The scan of a tree ends where that returns true, or
 * after some scans in a row without new ones.
 */
function scanFor(
  trees: readonly ProcessTree[],
  tracker: ProcessTracker,
  onFound: (index: number, found: readonly ProcessEntry[]) => boolean,
): void {
  let searches = trees.map((tree, index) => ({ search: searchFor(tree, tracker), index, quiet: 0 }));
  for (let scan = 0; scan < MAX_SCANS && searches.length > 0; scan += 1) {
    tracker.refresh();
    let isAnyUnsure = false;
    searches = searches.filter((one) => {
      const { found, isSure } = one.search();
      isAnyUnsure ||= !isSure;
      if (found.length > 0) one.quiet = 0;
      else if (isSure) one.quiet += 1;
      return !onFound(one.index, found) && one.quiet < QUIET_SCANS;
    });
    if (isAnyUnsure && searches.length > 0) Bun.sleepSync(UNSURE_MS);
  }
}

interface Found {
  readonly found: readonly ProcessEntry[];
  /** False while a candidate is in execve(2), and may be a member. */
  readonly isSure: boolean;
}

/** The processes whose sessions and groups are the attempt's. */
function headsOf({ leader, main = null }: ProcessTree): ProcessIdentity[] {
  return [leader, main].filter((head) => head !== null);
}

/** Returns a search that finds all members at first, and then those that are new since. */
function searchFor(tree: ProcessTree, tracker: ProcessTracker): () => Found {
  const { leader, token, groups = [], sparedSessions = [] } = tree;
  // Pids that are decided: members that were found, and processes that are none.
  const decided = new Set<number>();
  const first = Number(leader?.startTime);
  const heads = headsOf(tree).map((head) => new Head(head));
  // A process that is older than the leader does not descend from it. Null for one in execve(2), which cannot be decided yet.
  const isMarked = ({ pid, startTime }: ProcessEntry): boolean | null => {
    if (Number(startTime) < first) return false;
    const tokens = startedWith(pid, "STINT_TOKEN");
    return tokens === "changing" ? null : tokens !== "unreadable" && tokens.includes(token);
  };
  return () => {
    const grouped = new Set(groups.flatMap(processesIn));
    const suspects = tracker.suspects({ leader, heads: heads.map(({ pid }) => pid), token, also: grouped });
    const fresh = suspects.filter(({ pid }) => !decided.has(pid));
    // Without /proc the leader represents its group.
    if (tracker.isBlind && leader !== null && !decided.has(leader.pid) && isAlive(leader))
      fresh.push(asGroup(leader));
    for (const head of heads) head.prove(fresh, (entry) => entry.isDescendant || isMarked(entry) === true);
    let isSure = true;
    const found = fresh.filter((entry) => {
      const isMember =
        entry.isZombie || sparedSessions.includes(entry.session)
          ? false
          : grouped.has(entry.pid) ||
            entry.isDescendant ||
            heads.some((head) => head.isOurs && head.leads(entry)) ||
            isMarked(entry);
      if (isMember === null) isSure = false;
      else decided.add(entry.pid);
      return isMember === true && entry.pid !== ownPid;
    });
    return { found, isSure };
  };
}

/**
 * A process that leads a session and a group. The kernel does not reuse a pid while a group or session has it, so all of a group belongs to
 * the attempt or none of it.
 */
class Head {
  readonly #identity: ProcessIdentity;
  isOurs = false;

  constructor(identity: ProcessIdentity) {
    this.#identity = identity;
  }

  get pid(): number {
    return this.#identity.pid;
  }

  /** Also true for itself: a container's runner whose recording parent was killed leads neither a session nor a group. */
  leads(entry: ProcessEntry): boolean {
    return entry.group === this.pid || entry.session === this.pid || this.#isItself(entry);
  }

  prove(entries: readonly Suspect[], isMember: (entry: Suspect) => boolean): void {
    this.isOurs ||= entries.some((entry) => this.#isItself(entry) || (this.leads(entry) && isMember(entry)));
  }

  #isItself({ pid, startTime }: ProcessEntry): boolean {
    return pid === this.pid && startTime === this.#identity.startTime;
  }
}

function asGroup({ pid, startTime }: ProcessIdentity): Suspect {
  return {
    pid,
    startTime,
    parent: 0,
    group: pid,
    session: pid,
    isZombie: false,
    isKernel: false,
    isDescendant: true,
  };
}

function send(target: number, signal: NodeJS.Signals | number): void {
  // To kill(2), 0 is our own group, and -1 is every process.
  if (Math.abs(target) <= 1) return;
  const signals = (): void => {
    kill(target, signal);
    // A stopped process gets the TERM when it is continued, as with systemd (systemd.kill(5)); a running one is not affected.
    if (signal === "SIGTERM") kill(target, "SIGCONT");
  };
  // It may have ended meanwhile (ESRCH), or run as another user (EPERM).
  unlessRefused(signals, undefined, ["ESRCH", "EPERM"]);
}

/** The pids in a control group and those below it; none where it is gone. */
function processesIn(group: string): number[] {
  return unlessRefused(() => {
    const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap(({ name }) => processesIn(join(group, name)))];
  }, []);
}

/** Kills all processes in a control group at once, where the kernel can: version 2 since Linux 5.14. */
function killGroup(group: string): void {
  try {
    const file = openSync(join(group, "cgroup.kill"), constants.O_WRONLY);
    writeSync(file, "1");
    closeSync(file);
  } catch {
    // An older kernel, or the group is gone: its processes are killed one by one.
  }
}
