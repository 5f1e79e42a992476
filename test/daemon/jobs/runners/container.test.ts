import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job } from "../../../../src/daemon/jobs/job.ts";
import { containerRunner } from "../../../../src/daemon/jobs/runners/container.ts";
import { bootId } from "../../../../src/lib/host.ts";

test("a pause of a container that was just adopted spares the runner that an earlier supervisor had started", () => {
  const directory = mkdtempSync(join(tmpdir(), "stint-container-"));
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    writeFileSync(join(directory, "container-runner"), `${process.pid}\n${bootId()}\n${stat}\n`);
    const leader = { pid: 4_194_305, startTime: "777" };
    const job: Job = {
      id: "000001-job" as Job["id"],
      attempt: 1,
      token: "token",
      directory,
      limits: null,
      groups: [],
      leader,
      parent: { type: "watched" },
      startedAtMs: 0,
      startedAwakeMs: 0,
      phase: { type: "running" },
    };
    expect(containerRunner.pauseTree(job).sparedSessions).toEqual([leader.pid, process.pid]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
