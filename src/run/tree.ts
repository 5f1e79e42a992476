import { kill, pid as ownPid } from "node:process";
import { errnoOf } from "../lib/errno.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import { killGroup, processesIn } from "./control-group.ts";
import { type PidMark, type ProcessEntry, processTable, startedWith } from "./process-table.ts";

/** All processes of one attempt. */
export interface Tree {
  /** The recording parent, where it is known; it may be long gone. */
  readonly leader: ProcessIdentity | null;
  /** The attempt's STINT_TOKEN, which its processes hand down. */
  readonly token: string;
  /** Its own control groups: whoever is in one is its process, whatever became of its session and environment. */
  readonly groups?: readonly string[];
  /** Taken before it began: none of it is older. Absent where that is not known. */
  readonly since?: PidMark | null;
}

/** Looks at a tree that forks as fast as it is killed; after the first, a look takes less than a millisecond. */
const MAX_LOOKS = 200;
/** Looks without a find after which nobody is left: one can miss a process that forks and leaves while it is on. */
const QUIET_LOOKS = 2;

/**
 * The living processes of an attempt: those in the leader's session or group, and those that carry the token and
 * made a session of their own. Zombies have ended; the calling program is never among them.
 */
export function survivors(tree: Tree): number[] {
  return survivorsOf([tree])[0] ?? [];
}

/** The same for many attempts, with the looks of one. */
export function survivorsOf(trees: readonly Tree[]): number[][] {
  const left = trees.map((): number[] => []);
  lookThrough(trees, (index, found) => {
    left[index] = found.map(({ pid }) => pid);
    return found.length > 0;
  });
  return left;
}

/** Signals one attempt's processes; see `signalTrees`. */
export function signalTree(tree: Tree, signal: NodeJS.Signals): number {
  return signalTrees([tree], signal)[0] ?? 0;
}

/**
 * Signals the processes of attempts: of each its group at once, then the strays one by one; SIGKILL is repeated until no new
 * process turns up. Nothing is sent to a group that is not proven to be the attempt's, and nothing is thrown where a
 * process is gone or not ours. Gives the number of processes that were meant of each.
 */
export function signalTrees(trees: readonly Tree[], signal: NodeJS.Signals): number[] {
  const isKill = signal === "SIGKILL";
  const reached = trees.map(() => 0);
  // A fork shows in the next look or did not happen: the kernel does not finish one for a process that was killed.
  lookThrough(trees, (index, found) => {
    const tree = trees[index];
    const leader = tree?.leader?.pid ?? null;
    if (isKill && tree !== undefined) killGroups(tree);
    if (leader !== null && found.some(({ group }) => group === leader)) send(-leader, signal);
    // One that left the group since is killed by its pid; other signals must not come twice.
    for (const { pid, group } of found) if (isKill || group !== leader) send(pid, signal);
    reached[index] = (reached[index] ?? 0) + found.length;
    return !isKill;
  });
  return reached;
}

/**
 * Looks at all processes again and again and tells of each tree what is found new of it, until `tell` has enough of a tree or
 * it was quiet for some looks. A look is as good for many trees as for one, and costs as much.
 */
function lookThrough(
  trees: readonly Tree[],
  tell: (index: number, found: readonly ProcessEntry[]) => boolean,
): void {
  let searches = trees.map((tree, index) => ({ ...searchFor(tree), tree, index, quiet: 0 }));
  for (let look = 0; look < MAX_LOOKS && searches.length > 0; look += 1) {
    const seen = takeLook(searches);
    searches = searches.filter((one) => {
      const { found, isSure } = one.search(seen);
      if (found.length > 0) one.quiet = 0;
      else if (isSure) one.quiet += 1;
      return !tell(one.index, found) && one.quiet < QUIET_LOOKS;
    });
  }
}

/** What one look at the machine showed. */
interface Seen {
  readonly entries: readonly ProcessEntry[];
  /** The tokens that a process was started with; null where that cannot be told now. */
  readonly tokensOf: (pid: number) => string[] | null;
}

function takeLook(searches: readonly { readonly tree: Tree; readonly settled: ReadonlySet<number> }[]): Seen {
  const [first, ...others] = searches;
  const settled = [...(first?.settled ?? [])].filter((pid) => others.every((one) => one.settled.has(pid)));
  const tokens = new Map<number, string[] | null>();
  const tokensOf = (pid: number): string[] | null => {
    const known = tokens.get(pid);
    if (known !== undefined) return known;
    const found = startedWith(pid, "STINT_TOKEN");
    tokens.set(pid, found);
    return found;
  };
  const since = earliest(searches.map(({ tree }) => tree.since ?? null));
  return { entries: processTable({ except: new Set(settled), since }), tokensOf };
}

/** The mark that all the others come after; null where one is not known. */
function earliest(marks: readonly (PidMark | null)[]): PidMark | null {
  return marks.reduce(
    (first, mark) => (first === null || mark === null ? null : mark.forks < first.forks ? mark : first),
    marks[0] ?? null,
  );
}

interface Found {
  readonly found: readonly ProcessEntry[];
  /** False while some process is between two programs, and may turn out to be a member. */
  readonly isSure: boolean;
}

interface Search {
  readonly search: (seen: Seen) => Found;
  /** What was told apart already: members that were found, and processes that are none. */
  readonly settled: ReadonlySet<number>;
}

/** A search that gives all members at first, and with each further look those that are new since. */
function searchFor({ leader, token, groups = [] }: Tree): Search {
  const settled = new Set<number>();
  const first = Number(leader?.startTime);
  const isLeader = ({ pid, startTime }: ProcessEntry): boolean =>
    pid === leader?.pid && startTime === leader.startTime;
  // The runner of a container whose recording parent was killed leads, but neither a session nor a group.
  const inGroup = (entry: ProcessEntry): boolean =>
    entry.group === leader?.pid || entry.session === leader?.pid || isLeader(entry);
  // A pid is not given out anew while a group or session bears it, so a group is the attempt's as a whole or not at all.
  let isOurs = false;
  const search = ({ entries, tokensOf }: Seen): Found => {
    // Nothing that is older than the leader descends from it: this spares most of a machine's environments.
    const isMarked = ({ pid, startTime }: ProcessEntry): boolean | null =>
      Number(startTime) < first ? false : (tokensOf(pid)?.includes(token) ?? null);
    const fresh = entries.filter(({ pid }) => !settled.has(pid));
    // Without /proc the leader stands for its group.
    if (fresh.length + settled.size === 0 && leader !== null && isAlive(leader)) fresh.push(asGroup(leader));
    const led = fresh.filter(inGroup);
    isOurs ||= led.some(isLeader) || led.some((entry) => isMarked(entry) === true);
    let isSure = true;
    const grouped = membersOf(groups);
    const found = fresh.filter((entry) => {
      const isMember = entry.isZombie
        ? false
        : grouped.has(entry.pid) || (isOurs && inGroup(entry)) || isMarked(entry);
      if (isMember === null) isSure = false;
      else settled.add(entry.pid);
      return isMember === true && entry.pid !== ownPid;
    });
    return { found, isSure };
  };
  return { search, settled };
}

function membersOf(groups: readonly string[]): Set<number> {
  return new Set(groups.flatMap(processesIn));
}

function killGroups({ groups = [] }: Tree): void {
  for (const group of groups) killGroup(group);
}

function asGroup({ pid, startTime }: ProcessIdentity): ProcessEntry {
  return { pid, startTime, group: pid, session: pid, isZombie: false };
}

function send(target: number, signal: NodeJS.Signals): void {
  // To kill(2), 0 is our own group, and -1 is everybody.
  if (Math.abs(target) <= 1) return;
  try {
    kill(target, signal);
  } catch (error) {
    // Gone in between (ESRCH), or made another user's by the job itself (EPERM).
    if (errnoOf(error) !== "ESRCH" && errnoOf(error) !== "EPERM") throw error;
  }
}
