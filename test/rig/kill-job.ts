import { leaderOf, markedProcesses, type RecordView } from "./stint.ts";

/** Kills a job with its recording parent, which comes first: nothing of its end is on record. */
export function killJob(record: RecordView): void {
  process.kill(leaderOf(record), "SIGKILL");
  for (const pid of markedProcesses(...record.status.attempts.map(({ token }) => token))) {
    // kill(1) takes no offence at one that has ended meanwhile.
    Bun.spawnSync(["kill", "-KILL", String(pid)], { stderr: "ignore" });
  }
}
