import { kill, pid as ownPid } from "node:process";
import { errnoOf } from "../lib/errno.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import { killGroup, processesIn } from "./control-group.ts";
import { type PidMark, type ProcessEntry, processTable, wasStartedWith } from "./process-table.ts";

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
  const search = searchFor(tree);
  for (let look = 0, quiet = 0; look < MAX_LOOKS && quiet < QUIET_LOOKS; look += 1) {
    const { found, isSure } = search();
    if (found.length > 0) return found.map(({ pid }) => pid);
    if (isSure) quiet += 1;
  }
  return [];
}

/**
 * Signals an attempt's processes: its group at once, then the strays one by one; SIGKILL is repeated until no new
 * process turns up. Nothing is sent to a group that is not proven to be the attempt's, and nothing is thrown where a
 * process is gone or not ours. Gives the number of processes that were meant.
 */
export function signalTree(tree: Tree, signal: NodeJS.Signals): number {
  const leader = tree.leader?.pid ?? null;
  const search = searchFor(tree);
  const isKill = signal === "SIGKILL";
  let reached = 0;
  for (let look = 0, quiet = 0; look < (isKill ? MAX_LOOKS : 1) && quiet < QUIET_LOOKS; look += 1) {
    // A fork shows in the next look or did not happen: the kernel does not finish one for a process that was killed.
    const { found, isSure } = search();
    if (found.length > 0) quiet = 0;
    else if (isSure) quiet += 1;
    if (isKill) killGroups(tree);
    if (leader !== null && found.some(({ group }) => group === leader)) send(-leader, signal);
    // One that left the group since is killed by its pid; other signals must not come twice.
    for (const { pid, group } of found) if (isKill || group !== leader) send(pid, signal);
    reached += found.length;
  }
  return reached;
}

interface Look {
  readonly found: readonly ProcessEntry[];
  /** False while some process is between two programs, and may turn out to be a member. */
  readonly isSure: boolean;
}

/** A search that gives all members at first, and with each further look those that are new since. */
function searchFor({ leader, token, groups = [], since = null }: Tree): () => Look {
  const settled = new Set<number>();
  const first = Number(leader?.startTime);
  const inGroup = ({ group, session }: ProcessEntry): boolean =>
    group === leader?.pid || session === leader?.pid;
  const isLeader = ({ pid, startTime }: ProcessEntry): boolean =>
    pid === leader?.pid && startTime === leader.startTime;
  // Nothing that is older than the leader descends from it: this spares most of a machine's environments.
  const isMarked = ({ pid, startTime }: ProcessEntry): boolean | null =>
    Number(startTime) < first ? false : wasStartedWith(pid, `STINT_TOKEN=${token}`);
  // A pid is not given out anew while a group or session bears it, so a group is the attempt's as a whole or not at all.
  let isOurs = false;
  return () => {
    const fresh = processTable({ except: settled, since });
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
