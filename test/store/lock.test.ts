import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Owner } from "../../src/model/owner.ts";
import type { Layout } from "../../src/store/layout.ts";
import { type HeldLock, takeLock } from "../../src/store/lock.ts";
import { lockOwner } from "../../src/store/lock-owner.ts";
import { thisProcess } from "../../src/store/owner.ts";
import { fakeClock } from "../rig/clock.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { at, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";
import { race, Worker } from "../rig/workers.ts";

interface Outcome {
  readonly ok: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly takenFrom?: number | null;
}

const folderOf = (layout: Layout): string => join(layout.locks, "supervisor.lock");
const take = (layout: Layout) => takeLock(layout, { role: "up", clock: fakeClock(), offered: null });
const held = async (layout: Layout): Promise<HeldLock> => valueOf(await take(layout));
const EIGHT = Array.from({ length: 8 }, () => ["lock"] as const);

/** Makes a lock as another process would have left it. */
function plant(layout: Layout, owner: Partial<Owner> | string): void {
  const self = thisProcess("up", { nowMs: NOW_MS, offered: null });
  mkdirSync(folderOf(layout));
  writeFileSync(
    join(folderOf(layout), "owner.json"),
    typeof owner === "string" ? owner : JSON.stringify({ ...self, ...owner }),
  );
}

/** A worker that took the lock and was killed. */
async function killedOwner(home: TempHome): Promise<number> {
  await using worker = await Worker.ready(home.layout.home, ["lock"]);
  expect(await worker.outcome()).toMatchObject({ ok: true });
  await worker.kill();
  return worker.pid;
}

describe("takeLock()", () => {
  test("takes a free lock, records its owner, and releases it completely", async () => {
    await using home = new TempHome();
    const capacity = { jobs: 2, cpus: 4, memoryBytes: 1 };
    {
      await using lock = valueOf(
        await takeLock(home.layout, {
          role: "drain",
          clock: fakeClock(),
          offered: { capacity, labels: { pool: "night" } },
        }),
      );
      expect(lock.takenFrom).toBeNull();
      expect(lock.isHeld()).toBeTrue();
      expect(lock.owner).toMatchObject({
        role: "drain",
        pid: process.pid,
        since: at(),
        capacity,
        labels: { pool: "night" },
      });
      expect(lockOwner(home.layout)).toEqual(lock.owner);
      expect(home.files("locks")).toEqual(["supervisor.lock/owner.json"]);
      expect(statSync(join(folderOf(home.layout), "owner.json")).mode & 0o777).toBe(0o600);
    }
    expect(lockOwner(home.layout)).toBeNull();
    expect([home.files("locks"), home.files("tmp")]).toEqual([[], []]);
    await using again = await held(home.layout);
    expect(again.isHeld()).toBeTrue();
  });

  test("is refused while another process holds the lock, with its pid and what to do", async () => {
    await using home = new TempHome();
    await using worker = await Worker.ready(home.layout.home, ["lock"]);
    await worker.outcome();
    const problem = errorOf(await take(home.layout));
    expect(problem.code).toBe("HOME_LOCKED");
    expect(problem.message).toContain(`stint up (pid ${worker.pid} on `);
    expect(problem.hint).toContain("stint down");
    expect(lockOwner(home.layout)?.pid).toBe(worker.pid);
    expect(readdirSync(home.layout.tmp)).toEqual([]);
    worker.go();
    expect(await worker.ended()).toBe(0);
    await using lock = await held(home.layout);
    expect(lock.takenFrom).toBeNull();
  });

  test("is refused a second time in the same process, and leaves the first lock alone", async () => {
    await using home = new TempHome();
    await using lock = await held(home.layout);
    expect(errorOf(await take(home.layout)).message).toContain(`pid ${process.pid}`);
    expect(lock.isHeld()).toBeTrue();
  });

  test("takes the lock of a killed owner", async () => {
    await using home = new TempHome();
    const dead = await killedOwner(home);
    expect(lockOwner(home.layout)).toBeNull();
    await using lock = await held(home.layout);
    expect(lock.takenFrom?.pid).toBe(dead);
    expect(readdirSync(home.layout.tmp)).toEqual([]);
    expect(home.files("locks")).toEqual(["supervisor.lock/owner.json"]);
  });
});

describe("eight processes at once", () => {
  test("give a free lock to exactly one", async () => {
    await using home = new TempHome();
    const outcomes = (await race(home.layout.home, EIGHT)) as Outcome[];
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.filter(({ ok, code }) => !ok && code !== "HOME_LOCKED")).toEqual([]);
  });

  test("give a dead owner's lock to exactly one, each time", async () => {
    await using home = new TempHome();
    let dead = await killedOwner(home);
    for (let round = 0; round < 4; round += 1) {
      const outcomes = (await race(home.layout.home, EIGHT)) as Outcome[];
      const winners = outcomes.filter(({ ok }) => ok);
      expect(winners).toHaveLength(1);
      expect([dead, null]).toContain(winners[0]?.takenFrom ?? null);
      expect(outcomes.filter(({ ok, code }) => !ok && code !== "HOME_LOCKED")).toEqual([]);
      // The race kills its workers: the winner is the next dead owner.
      dead = (JSON.parse(readFileSync(join(folderOf(home.layout), "owner.json"), "utf8")) as Owner).pid;
      expect(readdirSync(home.layout.locks)).toEqual(["supervisor.lock"]);
    }
  });
});

describe("an owner whose state is uncertain", () => {
  test.each([
    ["no JSON", "{"],
    ["nothing, as after a power cut", ""],
    ["another form", '{"pid":1}'],
  ])("keeps its lock where its record holds %s", async (_what, text) => {
    await using home = new TempHome();
    plant(home.layout, text);
    utimesSync(folderOf(home.layout), 0, 0);
    const problem = errorOf(await take(home.layout));
    expect(problem.code).toBe("HOME_LOCKED");
    expect(problem.hint).toContain(folderOf(home.layout));
    expect(readFileSync(join(folderOf(home.layout), "owner.json"), "utf8")).toBe(text);
  });

  test.each([
    ["on another machine", { machineId: "another", pid: 999_999_999 }],
    ["on another machine, of another boot", { machineId: "another", bootId: "another" }],
    ["in another container", { pidNamespace: "pid:[1]", pid: 999_999_999 }],
  ])("keeps its lock %s", async (_what, owner) => {
    await using home = new TempHome();
    plant(home.layout, { ...owner, host: "elsewhere" });
    utimesSync(folderOf(home.layout), 0, 0);
    const problem = errorOf(await take(home.layout));
    expect(problem.code).toBe("HOME_LOCKED");
    expect(problem.message).toContain("on elsewhere");
    expect(problem.message).toContain("may be alive");
    expect(problem.hint).toContain(folderOf(home.layout));
    expect(lockOwner(home.layout)?.host).toBe("elsewhere");
  });

  test.each([
    ["of another boot of this machine", { bootId: "another" }],
    ["of another boot, in a container that is gone with it", { bootId: "another", pidNamespace: "pid:[1]" }],
    ["whose pid another process has now", { startTime: "1" }],
    ["whose pid is unused", { pid: 999_999_999 }],
  ])("loses its lock %s", async (_what, owner) => {
    await using home = new TempHome();
    plant(home.layout, owner);
    await using lock = await held(home.layout);
    expect(lock.takenFrom).toMatchObject(owner);
  });
});

describe("a kill while the lock is taken", () => {
  test.each([
    "lock:staged",
    "lock:placed",
    "lock:claim-staged",
    "lock:claimed",
    "lock:taken-away",
    "lock:claim-dropped",
  ])("at %s leaves a lock that is free at once", async (failpoint) => {
    await using home = new TempHome();
    if (!["lock:staged", "lock:placed"].includes(failpoint)) await killedOwner(home);
    await using worker = await Worker.ready(home.layout.home, ["lock", failpoint]);
    worker.go();
    expect(await worker.ended()).toBe("SIGKILL");
    await using lock = await held(home.layout);
    expect(lock.isHeld()).toBeTrue();
    expect(home.files("locks")).toEqual(["supervisor.lock/owner.json"]);
  });

  test("passes on the right to remove a dead owner's lock, however many processes die with it", async () => {
    await using home = new TempHome();
    await killedOwner(home);
    for (let count = 1; count <= 4; count += 1) {
      await using worker = await Worker.ready(home.layout.home, ["lock", "lock:claimed"]);
      worker.go();
      expect(await worker.ended()).toBe("SIGKILL");
      expect(home.files("locks")).toHaveLength(count + 1);
    }
    const outcomes = (await race(home.layout.home, EIGHT)) as Outcome[];
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(home.files("locks")).toEqual(["supervisor.lock/owner.json"]);
  });
});

describe("the right to remove a dead owner's lock", () => {
  test("stays with the living process that has it", async () => {
    await using home = new TempHome();
    plant(home.layout, { bootId: "another", token: "00000000-0000-7000-8000-0000deadbeef" });
    const rival = thisProcess("up", { nowMs: NOW_MS, offered: null });
    writeFileSync(join(home.layout.locks, "removing.0000deadbeef"), JSON.stringify(rival));
    expect(errorOf(await take(home.layout)).message).toContain("other processes keep locking it");
    expect(home.files("locks")).toEqual(["removing.0000deadbeef", "supervisor.lock/owner.json"]);
    // It died in the end: the right passes on.
    writeFileSync(
      join(home.layout.locks, "removing.0000deadbeef"),
      JSON.stringify({ ...rival, bootId: "another" }),
    );
    await using lock = await held(home.layout);
    expect(lock.isHeld()).toBeTrue();
    expect(home.files("locks")).toEqual(["supervisor.lock/owner.json"]);
  });
});

describe("a lock that was removed by hand", () => {
  test("is not held any more, and the lock of another process is not removed in its place", async () => {
    await using home = new TempHome();
    const lock = await held(home.layout);
    rmSync(folderOf(home.layout), { recursive: true });
    expect(lock.isHeld()).toBeFalse();
    await using next = await held(home.layout);
    await lock[Symbol.asyncDispose]();
    expect(next.isHeld()).toBeTrue();
    expect(lock.isHeld()).toBeFalse();
  });

  test.each(["go", "exit"])("is not taken from its next owner at the end of the first (%s)", async (word) => {
    await using home = new TempHome();
    await using worker = await Worker.ready(home.layout.home, ["lock"]);
    await worker.outcome();
    rmSync(folderOf(home.layout), { recursive: true });
    await using lock = await held(home.layout);
    worker.go(word);
    expect(await worker.ended()).toBe(0);
    expect(lock.isHeld()).toBeTrue();
  });
});

describe("the end of a holder", () => {
  test("that did not release the lock releases it", async () => {
    await using home = new TempHome();
    await using worker = await Worker.ready(home.layout.home, ["lock"]);
    await worker.outcome();
    worker.go("exit");
    expect(await worker.ended()).toBe(0);
    expect(existsSync(folderOf(home.layout))).toBeFalse();
  });

  test("releases the lock although its time was changed", async () => {
    await using home = new TempHome();
    const lock = await held(home.layout);
    utimesSync(folderOf(home.layout), 1, 1);
    expect(lock.isHeld()).toBeTrue();
    await lock[Symbol.asyncDispose]();
    expect(home.files("locks")).toEqual([]);
    await lock[Symbol.asyncDispose]();
  });
});
