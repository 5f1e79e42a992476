import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { kill, pid as ownPid } from "node:process";
import { errnoOf } from "../lib/errno.ts";
import { isAlive, type ProcessIdentity } from "../lib/host.ts";
import { type ProcessEntry, startedWith } from "./process-table.ts";
import { ProcessTracker, type Suspect } from "./process-tracker.ts";

/** All processes of one attempt. */
export interface ProcessTree {
  /** The recording parent, where it is known; it may be long gone. */
  readonly leader: ProcessIdentity | null;
  /** The job itself, which leads a session and a process group of its own; where it is known. */
  readonly main?: ProcessIdentity | null;
  /** The attempt's STINT_TOKEN, which its processes hand down. */
  readonly token: string;
  /** Its own control groups: whoever is in one is its process, whatever became of its session and environment. */
  readonly groups?: readonly string[];
  /** Its processes in these sessions are left out. */
  readonly sparedSessions?: readonly number[];
}

/** Looks at a tree that forks as fast as it is killed, or at a process that is neither the one program nor the other. */
const MAX_LOOKS = 200;
/** To become another program takes a process longer than a look takes us. */
const UNSURE_MS = 1;
/** Looks without a find after which nobody is left: one can miss a process that forks and leaves while it is on. */
const QUIET_LOOKS = 2;

/**
 * The living processes of an attempt: those in the session or group of the leader and of the job, those in its control groups, those
 * that carry the token, and those that were met while their parent was one of these. Zombies have ended; the calling program is
 * never among them.
 */
export function survivors(tree: ProcessTree): number[] {
  return survivorsOf([tree], new ProcessTracker())[0] ?? [];
}

/** The same for many attempts; who asks again and again remembers by a census what was seen before. */
export function survivorsOf(trees: readonly ProcessTree[], tracker: ProcessTracker): number[][] {
  const left = trees.map((): number[] => []);
  lookThrough(trees, tracker, (index, found) => {
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
 * Signals the processes of attempts: of each its group at once, then the strays one by one; SIGKILL is repeated until no new
 * process turns up. Nothing is sent to a group that is not proven to be the attempt's, and nothing is thrown where a
 * process is gone or not ours. Gives the number of processes that were meant of each.
 */
export function signalTrees(
  trees: readonly ProcessTree[],
  signal: NodeJS.Signals,
  tracker: ProcessTracker,
): number[] {
  const isKill = signal === "SIGKILL";
  const reached = trees.map(() => 0);
  // A fork shows in the next look or did not happen: the kernel does not finish one for a process that was killed.
  lookThrough(trees, tracker, (index, found) => {
    const tree = trees[index];
    const heads = tree === undefined ? [] : headsOf(tree).map(({ pid }) => pid);
    if (isKill && tree !== undefined) killGroups(tree);
    for (const head of heads) if (found.some(({ group }) => group === head)) send(-head, signal);
    // One that left the group since is killed by its pid; other signals must not come twice.
    for (const { pid, group } of found) if (isKill || !heads.includes(group)) send(pid, signal);
    reached[index] = (reached[index] ?? 0) + found.length;
    return !isKill;
  });
  return reached;
}

/**
 * Looks at the processes again and again and tells of each tree what is found new of it, until `tell` has enough of a tree or
 * it was quiet for some looks.
 */
function lookThrough(
  trees: readonly ProcessTree[],
  tracker: ProcessTracker,
  tell: (index: number, found: readonly ProcessEntry[]) => boolean,
): void {
  let searches = trees.map((tree, index) => ({ search: searchFor(tree, tracker), index, quiet: 0 }));
  for (let look = 0; look < MAX_LOOKS && searches.length > 0; look += 1) {
    tracker.refresh();
    let isAnyUnsure = false;
    searches = searches.filter((one) => {
      const { found, isSure } = one.search();
      isAnyUnsure ||= !isSure;
      if (found.length > 0) one.quiet = 0;
      else if (isSure) one.quiet += 1;
      return !tell(one.index, found) && one.quiet < QUIET_LOOKS;
    });
    if (isAnyUnsure && searches.length > 0) Bun.sleepSync(UNSURE_MS);
  }
}

interface Found {
  readonly found: readonly ProcessEntry[];
  /** False while some process is between two programs, and may turn out to be a member. */
  readonly isSure: boolean;
}

/** Those whose sessions and groups are the attempt's. */
function headsOf({ leader, main = null }: ProcessTree): ProcessIdentity[] {
  return [leader, main].filter((head) => head !== null);
}

/** A search that gives all members at first, and with each further look those that are new since. */
function searchFor(tree: ProcessTree, tracker: ProcessTracker): () => Found {
  const { leader, token, groups = [], sparedSessions = [] } = tree;
  // What was told apart already: members that were found, and processes that are none.
  const settled = new Set<number>();
  const first = Number(leader?.startTime);
  const heads = headsOf(tree).map((head) => new Head(head));
  // Nothing that is older than the leader descends from it. Null where it cannot be told yet.
  const isMarked = ({ pid, startTime }: ProcessEntry): boolean | null => {
    if (Number(startTime) < first) return false;
    const tokens = startedWith(pid, "STINT_TOKEN");
    return tokens === "changing" ? null : tokens !== "unreadable" && tokens.includes(token);
  };
  return () => {
    const grouped = membersOf(groups);
    const suspects = tracker.suspects({ leader, heads: heads.map(({ pid }) => pid), token, also: grouped });
    const fresh = suspects.filter(({ pid }) => !settled.has(pid));
    // Without /proc the leader stands for its group.
    if (tracker.isBlind && leader !== null && !settled.has(leader.pid) && isAlive(leader))
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
      else settled.add(entry.pid);
      return isMember === true && entry.pid !== ownPid;
    });
    return { found, isSure };
  };
}

/**
 * A process that leads a session and a group. A pid is not given out anew while a group or session bears it, so a group is the
 * attempt's as a whole or not at all.
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

  /** The runner of a container whose recording parent was killed leads, but neither a session nor a group. */
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

function membersOf(groups: readonly string[]): Set<number> {
  return new Set(groups.flatMap(processesIn));
}

function killGroups({ groups = [] }: ProcessTree): void {
  for (const group of groups) killGroup(group);
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

function send(target: number, signal: NodeJS.Signals): void {
  // To kill(2), 0 is our own group, and -1 is everybody.
  if (Math.abs(target) <= 1) return;
  try {
    kill(target, signal);
    // Who is stopped acts on it once it goes on, as service managers have it (systemd.kill(5)); who is not, does not notice.
    if (signal === "SIGTERM") kill(target, "SIGCONT");
  } catch (error) {
    // Gone in between (ESRCH), or made another user's by the job itself (EPERM).
    if (errnoOf(error) !== "ESRCH" && errnoOf(error) !== "EPERM") throw error;
  }
}

/** The processes in a control group and in those below it; none where it is gone. */
function processesIn(group: string): number[] {
  try {
    const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    const below = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap(({ name }) => processesIn(join(group, name)))];
  } catch {
    return [];
  }
}

/** Kills all that is in a group at one stroke, where the kernel can: version 2 since Linux 5.14. */
function killGroup(group: string): void {
  try {
    const file = openSync(join(group, "cgroup.kill"), constants.O_WRONLY);
    writeSync(file, "1");
    closeSync(file);
  } catch {
    // An older kernel, or the group is gone: they are killed one by one.
  }
}
