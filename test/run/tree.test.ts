import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { allPids, startTimeOf } from "../../src/lib/host.ts";
import { processEntry, startedWith } from "../../src/run/process-table.ts";
import { ProcessTracker } from "../../src/run/process-tracker.ts";
import { signalPart, signalTree, signalTrees, survivors, survivorsOf } from "../../src/run/tree.ts";
import { PROGRAMS } from "../rig/surroundings.ts";
import { launched, mainOf, makePlace, orderFor, type Place, shell, until } from "./rig.ts";

/** Runs a line that prints `up` when its processes are there. */
async function up(place: Place, line: string) {
  const { process: leader, ended } = launched(orderFor(place, shell(line)));
  await until(() => place.read("attempt/output.log")?.includes("up\n"));
  const main = await mainOf(place);
  return { leader, main, ended, tree: { leader, main, token: place.token } };
}

const isThere = (pid: number): boolean => startTimeOf(pid) !== null;
/** A grandchild in its own session that takes no TERM, with its pid in the file `stray`. */
const STRAY = `setsid sh -c 'trap "" TERM; echo $$ >stray; echo up; while :; do sleep 0.05; done' &`;
const strayOf = async (place: Place): Promise<number> =>
  Number(await until(() => /^\d+\n/.exec(place.read("stray") ?? "")?.[0]));

describe("survivors()", () => {
  test("are the parent, the job and every other process of the session, and none once these are gone", async () => {
    await using place = makePlace();
    const { leader, main, ended, tree } = await up(place, "sleep 60 & echo up; wait");
    expect(survivors(tree)).toHaveLength(3);
    expect(survivors(tree)).toContain(leader.pid);
    for (const { pid } of [leader, main]) process.kill(-pid, "SIGKILL");
    await ended;
    await until(() => survivors(tree).length === 0);
  });

  test("are the rest of the group by the token where the leader is gone", async () => {
    await using place = makePlace();
    const { leader, ended, tree } = await up(place, "echo up; exec sleep 60");
    process.kill(leader.pid, "SIGKILL");
    await ended;
    expect(survivors(tree)).toHaveLength(1);
    expect(survivors({ leader: null, token: place.token })).toEqual(survivors(tree));
  });

  test("include processes of the session without the token or in another group, and no zombie", async () => {
    await using place = makePlace();
    const line = `exec bash -c 'set -m; env -i sleep 60 & sleep 0.05 & echo up; exec sleep 61'`;
    const { leader, main, tree } = await up(place, line);
    const session = () =>
      allPids()
        .flatMap((pid) => processEntry(pid) ?? [])
        .filter((entry) => entry.session === main.pid);
    await until(() => session().some(({ isZombie }) => isZombie));
    expect(session()).toHaveLength(3);
    expect(survivors(tree)).toHaveLength(3);
    expect(survivors(tree)).toContain(leader.pid);
    signalTree(tree, "SIGKILL");
    await until(() => survivors(tree).length === 0);
  });

  test("include a whole group where its leader is a zombie, or where one of its processes is known", async () => {
    await using place = makePlace();
    const { leader, main, ended, tree } = await up(place, "sleep 60 & echo up; exec env -i sleep 60");
    await until(() => startedWith(main.pid, "STINT_TOKEN").length === 0);
    expect(survivors(tree)).toHaveLength(3);
    // The end of the job is not reaped.
    process.kill(leader.pid, "SIGSTOP");
    await until(() => /^State:\tT/m.test(readFileSync(`/proc/${leader.pid}/status`, "utf8")));
    process.kill(main.pid, "SIGKILL");
    await until(() => processEntry(main.pid)?.isZombie);
    expect(survivors({ ...tree, token: "another" })).toHaveLength(2);
    process.kill(leader.pid, "SIGCONT");
    await ended;
    expect(survivors(tree)).toHaveLength(1);
    expect(survivors({ ...tree, token: "another" })).toEqual([]);
  });

  test("include a process whose main thread alone has ended", async () => {
    await using place = makePlace();
    const program = `import threading, time, ctypes, os
threading.Thread(target=lambda: time.sleep(60)).start()
print("up", flush=True)
ctypes.CDLL(None).pthread_exit(None)`;
    const { tree } = await up(place, `exec python3 -c '${program}'`);
    const { main } = tree;
    await until(() => /^State:\tZ/m.test(readFileSync(`/proc/${main.pid}/status`, "utf8")));
    expect(survivors(tree)).toContain(main.pid);
    signalTree(tree, "SIGKILL");
    await until(() => survivors(tree).length === 0);
  });

  test("include a descendant that was seen, even without the token and in a session of its own", async () => {
    await using place = makePlace();
    const { tree, ended } = await up(place, "env -i setsid sleep 63 & echo up; wait");
    const tracker = new ProcessTracker();
    const [found = []] = await until(() => {
      const all = survivorsOf([tree], tracker);
      const last = all[0]?.[2];
      return last !== undefined && processEntry(last)?.session === last && all;
    });
    // Parent and job go; the third is known from before.
    for (const pid of found.slice(0, 2)) process.kill(pid, "SIGKILL");
    await ended;
    await until(() => Bun.deepEquals(survivorsOf([tree], tracker), [found.slice(2)]));
    signalTrees([tree], "SIGKILL", tracker);
    await until(() => survivorsOf([tree], tracker).flat().length === 0);
  });

  test("include a process in a session of its own by the token", async () => {
    await using place = makePlace();
    const { ended, tree } = await up(place, STRAY);
    const stray = await strayOf(place);
    await ended;
    expect(survivors(tree)).toContain(stray);
    expect(survivors({ ...tree, token: `${place.token}x` })).toEqual([]);
    expect(survivors({ ...tree, token: place.token.slice(0, -1) })).toEqual([]);
  });

  test("include no process of another group whose leader has the same pid, and never the calling program", async () => {
    await using place = makePlace();
    const { leader } = await up(place, "echo up; exec sleep 60");
    const reused = { leader: { pid: leader.pid, startTime: "1" }, token: "another" };
    expect(survivors(reused)).toEqual([]);
    expect(signalTree(reused, "SIGKILL")).toBe(0);
    expect(isThere(leader.pid)).toBe(true);
  });

  test("never include the calling program, even if it has the token", async () => {
    await using place = makePlace();
    const program = `
      import { survivors } from "${import.meta.dir}/../../src/run/tree.ts";
      console.log(String(survivors({ leader: null, token: "${place.token}" }).length));
    `;
    const line = `sleep 60 >&2 & "$0" -e "$1"`;
    const environment = { PATH: PROGRAMS, STINT_TOKEN: place.token };
    const asked = Bun.spawn(["/bin/sh", "-c", line, process.execPath, program], {
      env: environment,
      stdout: "pipe",
    });
    // The shell and its sleep.
    expect(await asked.stdout.text()).toBe("2\n");
  });
});

describe("of many attempts at once", () => {
  test("each has its own survivors, and is killed with all of them", async () => {
    await using first = makePlace();
    await using second = makePlace();
    await using third = makePlace();
    const [one, two] = [await up(first, "sleep 60 & echo up; wait"), await up(second, `${STRAY} wait`)];
    const gone = { leader: null, token: third.token };
    const trees = [one.tree, gone, two.tree];
    const tracker = new ProcessTracker();
    const [ofOne, ofGone, ofTwo] = survivorsOf(trees, tracker);
    expect([ofOne?.length, ofGone]).toEqual([3, []]);
    expect(ofOne).toContain(one.leader.pid);
    expect(ofTwo).toContain(await strayOf(second));
    expect(ofTwo?.some((pid) => ofOne?.includes(pid))).toBeFalse();
    const [reachedOne, reachedGone] = signalTrees(trees, "SIGKILL", tracker);
    expect([reachedOne, reachedGone]).toEqual([3, 0]);
    await until(() => survivorsOf(trees, tracker).flat().length === 0);
    expect(isThere(await strayOf(second))).toBeFalse();
  });
});

describe("signalTree()", () => {
  test("sends TERM to the group and to processes outside of it, and KILL ends those that ignore it", async () => {
    await using place = makePlace();
    const { leader, ended, tree } = await up(
      place,
      `trap 'echo told; exit 0' TERM; ${STRAY} while :; do sleep 0.02; done`,
    );
    const stray = await strayOf(place);
    signalTree(tree, "SIGTERM");
    expect(await ended).toMatchObject({ exitCode: 0, signal: null });
    expect(JSON.parse(place.read("attempt/exit.json") ?? "")).toMatchObject({ status: 0, sawTerm: true });
    expect(place.read("attempt/output.log")).toContain("told\n");
    expect(isThere(leader.pid)).toBe(false);
    expect(isThere(stray)).toBe(true);
    signalTree(tree, "SIGKILL");
    await until(() => survivors(tree).length === 0);
    expect(isThere(stray)).toBe(false);
  });

  test("sends TERM to a leader that leads neither group nor session, and to no other process of these", async () => {
    await using place = makePlace();
    const { leader, main, ended } = await up(place, "sleep 60 & echo $! >led; echo up; exec sleep 61");
    const pid = Number(place.read("led"));
    process.kill(leader.pid, "SIGKILL");
    await ended;
    const tree = { leader: { pid, startTime: startTimeOf(pid) ?? "" }, token: "nobody" };
    expect(survivors(tree)).toEqual([pid]);
    expect(signalTree(tree, "SIGTERM")).toBe(1);
    await until(() => survivors(tree).length === 0);
    expect(isThere(main.pid)).toBe(true);
  });

  test("kills processes that fork all the time, each into a new session", async () => {
    await using place = makePlace();
    place.write(
      "hop",
      // It does not go on for ever where it is not killed.
      `#!/bin/sh\ntrap '' TERM\necho hop >>hops\ntest $1 -lt 1000 || exit\nsetsid ./hop $(($1 + 1)) &\nsetsid sleep 9 &\nsleep 0.01\n`,
      0o700,
    );
    const { tree } = await up(
      place,
      "setsid ./hop 0 & until test -s hops; do sleep 0.01; done; echo up; sleep 60",
    );
    expect(signalTree(tree, "SIGKILL")).toBeGreaterThan(2);
    await until(() => survivors(tree).length === 0);
    const hops = place.read("hops") ?? "";
    expect(hops.split("\n").length).toBeLessThan(1_000);
    await Bun.sleep(100);
    expect(survivors(tree)).toEqual([]);
    expect(place.read("hops")).toBe(hops);
  });

  test("returns 0 where all processes are gone", async () => {
    await using place = makePlace();
    const { process: leader, ended } = launched(orderFor(place, shell(":")));
    await ended;
    expect(signalTree({ leader, token: place.token }, "SIGTERM")).toBe(0);
  });
});

describe("signalPart()", () => {
  const LINE = `trap 'echo main' USR1
sh -c 'trap "echo other; exit 0" USR1; sleep 60 & echo up; wait' &
wait; wait; sleep 60`;

  test.each([
    ["main", "main\n", 1],
    ["others", "other\n", 2],
  ] as const)("signals the %s alone", async (part, told, count) => {
    await using place = makePlace();
    const { leader, tree } = await up(place, LINE);
    const own = { ...tree, sparedSessions: [leader.pid] };
    expect(signalPart(own, part, { signal: "SIGUSR1", tracker: new ProcessTracker() })).toBe(count);
    await until(() => place.read("attempt/output.log")?.includes(told));
    expect(place.read("attempt/output.log")?.replace("up\n", "")).toBe(told);
    signalTree(tree, "SIGKILL");
  });
});
