import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newDevice } from "../../src/machine/finding.ts";
import { tokenOf, withUses } from "../../src/machine/processes.ts";
import { until } from "../rig/stint.ts";
import { PROGRAMS } from "../rig/surroundings.ts";
import { TempDirectory } from "../rig/temp-home.ts";

/** A process as /proc has it; without an environment where that is not ours to read. */
function put(root: string, pid: number, { parent, environ }: { parent: number; environ?: string }): void {
  const folder = join(root, "proc", String(pid));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "stat"), `${pid} (a) b) S ${parent} 1 1 0`);
  if (environ !== undefined) writeFileSync(join(folder, "environ"), environ);
}

describe("tokenOf()", () => {
  test("finds a real process, and what it started with another environment", async () => {
    await using job = Bun.spawn(["sh", "-c", "env -i sleep 60 & echo $!; wait"], {
      env: { PATH: PROGRAMS, STINT_TOKEN: "t-1" },
      stdout: "pipe",
    });
    const { value } = await job.stdout.getReader().read();
    const child = Number(new TextDecoder().decode(value));
    await until("the child sleeps", () => tokenOf(child, "/") === "t-1");
    expect(tokenOf(job.pid, "/")).toBe("t-1");
    process.kill(child, "SIGKILL");
  });

  test("walks up the parents where an environment is unreadable, and takes the nearest token", async () => {
    await using folder = new TempDirectory();
    const root = folder.path;
    put(root, 10, { parent: 1, environ: "A=1\0STINT_TOKEN=outer\0" });
    put(root, 11, { parent: 10 });
    put(root, 12, { parent: 11, environ: "XSTINT_TOKEN=x\0" });
    put(root, 13, { parent: 12, environ: "STINT_TOKEN=inner\0" });
    expect([10, 11, 12, 13].map((pid) => tokenOf(pid, root))).toEqual(["outer", "outer", "outer", "inner"]);
  });

  test("finds no token for foreign processes, for pids of another namespace, and in a cycle of parents", async () => {
    await using folder = new TempDirectory();
    const root = folder.path;
    put(root, 20, { parent: 1, environ: "A=1\0" });
    put(root, 30, { parent: 31 });
    put(root, 31, { parent: 30 });
    expect([20, 30, 99].map((pid) => tokenOf(pid, root))).toEqual([null, null, null]);
  });
});

describe("withUses()", () => {
  const devices = [
    newDevice({ id: "GPU-1", vendor: "nvidia", index: 0, name: "A", foreign: [{ pid: 7, bytes: 1 }] }),
    newDevice({ id: "GPU-2", vendor: "nvidia", index: 1, name: "B" }),
  ];
  const ownToken = (pid: number): string | null => (pid < 100 ? "t-1" : null);

  test("adds up what a job holds, and keeps foreign processes with their pids", () => {
    const uses = [
      { deviceId: "GPU-1", pid: 1, bytes: 10 },
      { deviceId: "GPU-1", pid: 2, bytes: 5 },
      { deviceId: "GPU-1", pid: 4_711, bytes: null },
      { deviceId: "GPU-2", pid: 3, bytes: 10 },
      { deviceId: "GPU-2", pid: 4, bytes: null },
      { deviceId: "GPU-2", pid: 5, bytes: 5 },
    ];
    expect(withUses(devices, { uses, ownToken }).map(({ held, foreign }) => ({ held, foreign }))).toEqual([
      {
        held: [{ token: "t-1", bytes: 15 }],
        foreign: [
          { pid: 7, bytes: 1 },
          { pid: 4_711, bytes: null },
        ],
      },
      { held: [{ token: "t-1", bytes: null }], foreign: [] },
    ]);
  });
});
