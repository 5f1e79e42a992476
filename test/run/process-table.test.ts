import { describe, expect, test } from "bun:test";
import { pidMark, processTable, startedWith } from "../../src/run/process-table.ts";
import { until } from "./rig.ts";

const everyone = () => processTable({ except: new Set(), since: null });
const entryOf = (wanted: number) => everyone().find(({ pid }) => pid === wanted);

describe("processTable()", () => {
  test("has this process, and neither the kernel's threads nor what is excepted", () => {
    const own = entryOf(process.pid);
    expect(own).toMatchObject({ isZombie: false, startTime: expect.stringMatching(/^\d+$/) });
    const kernelThreads = Bun.spawnSync(["ps", "--ppid", "2", "-o", "pid="]).stdout.toString();
    expect(everyone().filter(({ pid }) => kernelThreads.split(/\s+/).includes(String(pid)))).toEqual([]);
    expect(processTable({ except: new Set([process.pid]), since: null }).map(({ pid }) => pid)).not.toContain(
      process.pid,
    );
  });

  test("has what was started since a mark, and nothing that is older", async () => {
    await using older = Bun.spawn(["sleep", "60"]);
    const mark = pidMark();
    await using younger = Bun.spawn(["sleep", "60"]);
    const pids = processTable({ except: new Set(), since: mark }).map(({ pid }) => pid);
    expect([pids.includes(older.pid), pids.includes(younger.pid)]).toEqual([false, true]);
  });

  test("has everybody where the pids may have begun anew since the mark", () => {
    const mark = pidMark() ?? { lastPid: 0, forks: 0 };
    for (const since of [
      { ...mark, lastPid: mark.lastPid + 10_000 },
      { ...mark, forks: mark.forks - 10_000 },
    ]) {
      expect(processTable({ except: new Set(), since }).some(({ pid }) => pid === process.pid)).toBeTrue();
    }
  });

  test("knows a leader by its group and session, and a zombie", async () => {
    await using child = Bun.spawn(["/bin/sh", "-c", "exit 0"], { detached: true });
    // Without a turn of the event loop in between, nobody takes note of its end.
    for (let round = 0; round < 5_000 && entryOf(child.pid)?.isZombie === false; round += 1) Bun.sleepSync(1);
    const entry = entryOf(child.pid);
    expect(entry).toMatchObject({ isZombie: true, group: child.pid, session: child.pid });
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
      await until(() => startedWith(child.pid, "STINT_X")?.join() === "1");
      for (const other of ["STINT_", "TINT_X", "STINT_X=1", "X"]) {
        expect(startedWith(child.pid, other)).toEqual([]);
      }
    }
  });

  test("has nothing of a process without an environment, and of one that is gone", async () => {
    await using child = Bun.spawn(["sleep", "60"], { env: {} });
    await until(() => startedWith(child.pid, "A")?.length === 0);
    child.kill("SIGKILL");
    await child.exited;
    expect(startedWith(child.pid, "A")).toEqual([]);
  });
});
