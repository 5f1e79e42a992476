import { kill, pid as ownPid } from "node:process";
import { errnoOf } from "../lib/errno.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import { type ProcessEntry, processTable, wasStartedWith } from "./process-table.ts";

/** All processes of one attempt. */
export interface Tree {
  /** The recording parent, where it is known; it may be long gone. */
  readonly leader: ProcessIdentity | null;
  /** The attempt's STINT_TOKEN, which its processes hand down. */
  readonly token: string;
}

/** A tree that forks as fast as it is killed is given up after so many looks. */
const MAX_ROUNDS = 20;

/**
 * The living processes of an attempt: those in the leader's session or group, and those that carry the token and
 * made a session of their own. Zombies have ended; the calling program is never among them.
 */
export function survivors(tree: Tree): number[] {
  return members(tree).map(({ pid }) => pid);
}

/**
 * Signals an attempt's processes: its group at once, then the strays one by one; SIGKILL is repeated until no new
 * process turns up. Nothing is sent to a group that is not proven to be the attempt's, and nothing is thrown where a
 * process is gone or not ours. Gives the number of processes that were meant.
 */
export function signalTree(tree: Tree, signal: NodeJS.Signals): number {
  const reached = new Set<string>();
  const rounds = signal === "SIGKILL" ? MAX_ROUNDS : 1;
  for (let round = 0; round < rounds; round += 1) {
    // A fork is seen here or did not happen: the kernel does not finish one for a process with a signal pending.
    const fresh = members(tree).filter((entry) => !reached.has(keyOf(entry)));
    if (fresh.length === 0) break;
    const leader = tree.leader?.pid ?? null;
    if (leader !== null && fresh.some(({ group }) => group === leader)) send(-leader, signal);
    for (const entry of fresh) {
      reached.add(keyOf(entry));
      if (entry.group !== leader) send(entry.pid, signal);
    }
  }
  return reached.size;
}

function members({ leader, token }: Tree): ProcessEntry[] {
  const table = processTable();
  // Without /proc the leader speaks for its group.
  if (table.length === 0) return leader !== null && isAlive(leader) ? [asGroup(leader)] : [];
  const first = Number(leader?.startTime);
  const inGroup = ({ group, session }: ProcessEntry): boolean =>
    group === leader?.pid || session === leader?.pid;
  const isLeader = ({ pid, startTime }: ProcessEntry): boolean =>
    pid === leader?.pid && startTime === leader.startTime;
  // Nothing that is older than the leader descends from it: this spares most of a machine's environments.
  const isMarked = ({ pid, startTime }: ProcessEntry): boolean =>
    !(Number(startTime) < first) && wasStartedWith(pid, `STINT_TOKEN=${token}`);

  // A pid is not given out anew while a group or session bears it, so a group is the attempt's as a whole or not at all.
  const led = table.filter(inGroup);
  const isOurs = led.some(isLeader) || led.some(isMarked);
  return table.filter(
    (entry) =>
      !entry.isZombie &&
      entry.pid !== ownPid &&
      ((isOurs && inGroup(entry)) || (!inGroup(entry) && isMarked(entry))),
  );
}

function asGroup({ pid, startTime }: ProcessIdentity): ProcessEntry {
  return { pid, startTime, group: pid, session: pid, isZombie: false };
}

function keyOf({ pid, startTime }: ProcessEntry): string {
  return `${pid} ${startTime}`;
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    kill(target, signal);
  } catch (error) {
    // Gone in between (ESRCH), or made another user's by the job itself (EPERM).
    if (errnoOf(error) !== "ESRCH" && errnoOf(error) !== "EPERM") throw error;
  }
}
