import { describe, expect, test } from "bun:test";
import { uuid } from "../../src/lib/random.ts";
import { processEntry, type StartedWith } from "../../src/run/process-table.ts";
import { type ProcessSource, ProcessTracker } from "../../src/run/process-tracker.ts";
import { signalTrees, survivorsOf } from "../../src/run/tree.ts";
import { launched, mainOf, makePlace, orderFor, shell, until } from "./rig.ts";

const started = (token: string) =>
  Bun.spawn(["sleep", "60"], { env: { STINT_TOKEN: token }, detached: true });

function pidsOf(
  tracker: ProcessTracker,
  wanted: { leader?: number; token?: string; also?: number[] },
): number[] {
  const { leader, token = "nobody's", also } = wanted;
  const identity = leader === undefined ? null : { pid: leader, startTime: "5" };
  const heads = leader === undefined ? [] : [leader];
  return tracker.suspects({ leader: identity, heads, token, also: new Set(also) }).map(({ pid }) => pid);
}

/** Without those whose environment is unreadable, which may belong to any job. */
function knownOf(tracker: ProcessTracker, wanted: Parameters<typeof pidsOf>[1]): number[] {
  const hidden = pidsOf(tracker, { token: uuid() });
  const known = pidsOf(tracker, wanted).filter((pid) => !hidden.includes(pid));
  return known.toSorted(byNumber);
}

const byNumber = (left: number, right: number): number => left - right;

describe("Census", () => {
  test("finds the processes with the token or in the session, and no others", async () => {
    const [mine, others] = [uuid(), uuid()];
    await using one = started(mine);
    await using other = started(others);
    const tracker = new ProcessTracker();
    // Until its exec(2) is done, a child may belong to any job.
    await until(() => {
      tracker.refresh();
      const known = [mine, others].map((token) => knownOf(tracker, { token }));
      return Bun.deepEquals(known, [[one.pid], [other.pid]]);
    });
    expect(knownOf(tracker, { leader: other.pid })).toEqual([other.pid]);
    expect(knownOf(tracker, { also: [other.pid] })).toEqual([other.pid]);
  });

  test("finds all processes that start between two looks, and forgets those that are gone", async () => {
    const token = uuid();
    const tracker = new ProcessTracker();
    const known = (): number[] => {
      tracker.refresh();
      return knownOf(tracker, { token });
    };
    known();
    await using few = started(token);
    await until(() => known().includes(few.pid));
    Bun.spawnSync(["sh", "-c", "for i in $(seq 300); do /bin/true; done"]);
    await using late = started(token);
    await until(() => Bun.deepEquals(known(), [few.pid, late.pid].toSorted(byNumber)));
    few.kill("SIGKILL");
    await few.exited;
    await until(() => Bun.deepEquals(known(), [late.pid]));
  });

  test("recognizes a process that has left the session since it was seen, by its token or its former parent", async () => {
    await using place = makePlace();
    const leaving = (command: string) =>
      `(until test -e go; do sleep 0.01; done; exec ${command}) & echo $! >>pids;`;
    const line = `${leaving("setsid sleep 61")} ${leaving("env -i /usr/bin/setsid sleep 62")} echo up; wait`;
    const { process: leader, ended } = launched(orderFor(place, shell(line)));
    await until(() => place.read("attempt/output.log")?.includes("up\n"));
    const tracker = new ProcessTracker();
    const main = await mainOf(place);
    const trees = [{ leader, main, token: place.token }];
    expect(survivorsOf(trees, tracker)[0]?.length).toBeGreaterThanOrEqual(4);
    const [marked = 0, hidden = 0] = (place.read("pids") ?? "").trim().split("\n").map(Number);
    place.write("go", "");
    await until(() => [marked, hidden].every((pid) => processEntry(pid)?.session === pid));
    process.kill(-leader.pid, "SIGKILL");
    await ended;
    process.kill(-main.pid, "SIGKILL");
    await until(() => Bun.deepEquals(survivorsOf(trees, tracker)[0]?.toSorted(byNumber), [marked, hidden]));
    // A tracker that had not seen it before cannot find the one that hides.
    expect(survivorsOf(trees, new ProcessTracker())).toEqual([[marked]]);
    signalTrees(trees, "SIGKILL", tracker);
    for (const pid of [marked, hidden]) await until(() => processEntry(pid)?.isZombie !== false);
  });
});

interface Pretended {
  readonly session: number;
  readonly parent?: number;
  readonly startTime?: string;
  readonly tokens: StartedWith;
}

/** A machine with the processes that a test gives it; each that is put in was forked. */
class PretendedMachine implements ProcessSource {
  readonly processes = new Map<number, Pretended>();
  #forks = 1;
  #lastPid = 1;

  put(pid: number, process: Pretended): void {
    this.processes.set(pid, process);
    this.#forks += 1;
    this.#lastPid = pid;
  }

  /** The same process as another program, or another process whose fork was not counted. */
  become(pid: number, process: Pretended): void {
    this.processes.set(pid, process);
  }

  ticks = 20;
  readonly now = (): number => this.ticks;
  readonly pidMark = () => ({ forks: this.#forks, lastPid: this.#lastPid });
  allPids = (): number[] => [...this.processes.keys()];
  readonly tokensOf = (pid: number): StartedWith => this.processes.get(pid)?.tokens ?? [];
  readonly processEntry = (pid: number) => {
    const found = this.processes.get(pid);
    if (found === undefined) return null;
    const { session, parent = 1, startTime = "10" } = found;
    return { pid, parent, session, group: session, startTime, isZombie: false, isKernel: false };
  };
}

describe("on a simulated machine", () => {
  const machineWith = (processes: Record<number, Pretended>): [PretendedMachine, ProcessTracker] => {
    const machine = new PretendedMachine();
    for (const [pid, process] of Object.entries(processes)) machine.put(Number(pid), process);
    const tracker = new ProcessTracker(machine);
    tracker.refresh();
    return [machine, tracker];
  };

  test("finds nothing where processes cannot be listed", () => {
    const [machine, tracker] = machineWith({});
    tracker.addLeader({ pid: 7, startTime: "5" }, "mine");
    machine.put(7, { session: 7, tokens: ["mine"] });
    machine.allPids = () => [];
    tracker.refresh();
    expect(tracker.isBlind).toBeTrue();
    machine.allPids = () => [7];
    machine.put(8, { session: 7, tokens: [] });
    tracker.refresh();
    expect(tracker.isBlind).toBeFalse();
  });

  test("a process of another job is not suspected during exec, and any other process is until it is known", () => {
    const [machine, tracker] = machineWith({
      10: { session: 10, tokens: ["another"] },
      11: { session: 10, tokens: "changing" },
      20: { session: 20, tokens: [] },
      21: { session: 20, tokens: "changing" },
    });
    expect(pidsOf(tracker, { token: "mine" })).toEqual([21]);
    machine.become(21, { session: 20, tokens: ["mine"] });
    machine.become(11, { session: 10, tokens: ["another"] });
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([21]);
    expect(pidsOf(tracker, { token: "another" })).toEqual([10, 11]);
  });

  test("a process with an unreadable environment is suspected, unless it is older than the leader", () => {
    const [, tracker] = machineWith({
      30: { session: 30, tokens: "unreadable", startTime: "4" },
      31: { session: 31, tokens: "unreadable", startTime: "6" },
    });
    expect(pidsOf(tracker, { leader: 1, token: "mine" })).toEqual([31]);
    expect(pidsOf(tracker, { token: "mine" })).toEqual([30, 31]);
  });

  test.each(["changing", "unreadable"] as const)(
    "a descendant whose environment was %s stays a descendant when it is read again after its parent has ended",
    (tokens) => {
      const [machine, tracker] = machineWith({
        10: { session: 10, tokens: ["mine"] },
        11: { session: 11, parent: 10, tokens },
      });
      const ofJob = (): number[] =>
        tracker
          .suspects({ leader: null, heads: [], token: "mine", also: new Set() })
          .filter(({ isDescendant }) => isDescendant)
          .map(({ pid }) => pid);
      expect(ofJob()).toEqual([10, 11]);
      machine.processes.delete(10);
      machine.become(11, { session: 11, parent: 1, tokens: tokens === "changing" ? [] : tokens });
      tracker.refresh();
      expect(ofJob()).toContain(11);
      // After so many forks, all processes are read again.
      for (let pid = 1_000; pid < 1_300; pid += 1) machine.put(pid, { session: pid, tokens: [] });
      tracker.refresh();
      expect(ofJob()).toEqual([11]);
    },
  );

  test("what a process of the attempt starts with another token is not of the attempt, nor what descends from that", () => {
    // A container runner has forked the process that is about to execute the engine.
    const [machine, tracker] = machineWith({
      10: { session: 10, tokens: ["mine"] },
      11: { session: 10, parent: 10, tokens: ["mine"] },
    });
    machine.become(11, { session: 10, parent: 10, tokens: ["engine"] });
    machine.put(12, { session: 12, parent: 11, tokens: [] });
    machine.put(13, { session: 13, parent: 12, tokens: [] });
    tracker.refresh();
    machine.processes.delete(12);
    machine.put(14, { session: 14, parent: 13, tokens: [] });
    machine.put(15, { session: 15, parent: 14, tokens: ["mine"] });
    machine.put(16, { session: 16, parent: 15, tokens: [] });
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([10, 11, 15, 16]);
  });

  test("a young process that gets the token by execve is found, as the first process of a container is", () => {
    const [machine, tracker] = machineWith({
      20: { session: 20, tokens: [] },
      21: { session: 21, tokens: [] },
    });
    machine.become(20, { session: 20, tokens: ["mine"] });
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([20]);
    // After a while, no process is read again.
    machine.ticks = 10_000;
    machine.become(21, { session: 21, tokens: ["mine"] });
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([20]);
  });

  test("ended processes are forgotten, so that a reused pid is a new process", () => {
    const [machine, tracker] = machineWith({ 40: { session: 40, tokens: [] } });
    machine.processes.delete(40);
    machine.put(41, { session: 41, tokens: [] });
    tracker.refresh();
    machine.put(42, { session: 42, tokens: [] });
    machine.become(40, { session: 40, tokens: ["mine"], startTime: "20" });
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([40]);
  });

  test("a listing that the system refused is repeated at the next look", () => {
    const [machine, tracker] = machineWith({ 50: { session: 50, tokens: [] } });
    const { allPids } = machine;
    machine.put(51, { session: 51, tokens: ["mine"] });
    machine.allPids = () => {
      throw new Error("EMFILE");
    };
    expect(() => tracker.refresh()).toThrow("EMFILE");
    machine.allPids = allPids;
    tracker.refresh();
    expect(pidsOf(tracker, { token: "mine" })).toEqual([51]);
  });
});
