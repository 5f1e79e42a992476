import { describe, expect, test } from "bun:test";
import { isGivenOut, pidMark, processEntry, startedWith } from "../../src/run/process-table.ts";
import { until } from "./rig.ts";

describe("processEntry()", () => {
  test("distinguishes this process from kernel threads, and is null for a process that is gone", async () => {
    expect(processEntry(process.pid)).toMatchObject({
      isZombie: false,
      isKernel: false,
      startTime: expect.stringMatching(/^\d+$/),
    });
    const kernelThreads = Bun.spawnSync(["ps", "--ppid", "2", "-o", "pid="]).stdout.toString().trim();
    for (const pid of kernelThreads.split(/\s+/).filter(Boolean))
      expect(processEntry(Number(pid))?.isKernel ?? true).toBeTrue();
    const child = Bun.spawn(["true"]);
    await child.exited;
    expect(processEntry(child.pid)).toBeNull();
  });

  test("recognizes a leader by its group and session, and a zombie", async () => {
    await using child = Bun.spawn(["/bin/sh", "-c", "exit 0"], { detached: true });
    // Without a turn of the event loop in between, its end is not reaped.
    for (let round = 0; round < 5_000 && processEntry(child.pid)?.isZombie === false; round += 1)
      Bun.sleepSync(1);
    expect(processEntry(child.pid)).toMatchObject({ isZombie: true, group: child.pid, session: child.pid });
  });
});

describe("pidMark()", () => {
  test("increases with each process", async () => {
    const before = pidMark();
    await using child = Bun.spawn(["sleep", "60"]);
    const after = pidMark();
    expect((after?.forks ?? 0) - (before?.forks ?? 0)).toBeGreaterThan(0);
    expect(after?.lastPid).not.toBe(before?.lastPid ?? 0);
    expect(child.pid).toBeGreaterThan(0);
  });
});

describe("isGivenOut()", () => {
  const between = (since: number, mark: number) => (pid: number) =>
    isGivenOut(pid, { since: { forks: 1, lastPid: since }, mark: { forks: 2, lastPid: mark } });

  test("is true above the one mark, up to the other", () => {
    expect([10, 11, 19, 20, 21].map(between(10, 20))).toEqual([false, true, true, true, false]);
    expect([9, 10, 11].map(between(10, 10))).toEqual([false, false, false]);
  });

  test("wraps around at the highest pid", () => {
    expect([19, 20, 5, 6, 21, 30_000].map(between(20, 5))).toEqual([false, false, true, false, true, true]);
  });
});

describe("startedWith()", () => {
  test("finds a variable in any place, whole and exact", async () => {
    for (const env of [
      { STINT_X: "1", B: "2" },
      { A: "0", STINT_X: "1", B: "2" },
      { A: "0", STINT_X: "1" },
    ]) {
      await using child = Bun.spawn(["sleep", "60"], { env });
      await until(() => Bun.deepEquals(startedWith(child.pid, "STINT_X"), ["1"]));
      for (const other of ["STINT_", "TINT_X", "STINT_X=1", "X"]) {
        expect(startedWith(child.pid, other)).toEqual([]);
      }
    }
  });

  test("is false for a process without an environment, and for one that is gone", async () => {
    await using child = Bun.spawn(["sleep", "60"], { env: {} });
    await until(() => Bun.deepEquals(startedWith(child.pid, "A"), []));
    child.kill("SIGKILL");
    await child.exited;
    expect(startedWith(child.pid, "A")).toEqual([]);
  });
});
