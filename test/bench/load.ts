import { join } from "node:path";
import { plan } from "../../src/plan/plan.ts";
import { aMachine, aSnapshot, devices } from "../rig/machine.ts";
import { Stint, until } from "../rig/stint.ts";
import { aTask } from "../rig/tasks.ts";
import { call, EXECUTABLE } from "./bench-home.ts";
import { median, type Row, takeTurns, timed } from "./row.ts";

/** One turn of the planner. */
export const PLAN: Row = {
  id: "plan",
  what: "plan() on 10,000 queued tasks and 8 GPUs",
  aim: "5 ms; no faster growth than n log n up to 100,000",
  measure: async () => {
    const timeOf = (count: number): number => {
      const queued = Array.from({ length: count }, (_, index) =>
        aTask({ number: index + 1, spec: { resources: { gpus: index % 2 } } }),
      );
      const machine = aMachine({ devices: devices(8), capacity: { jobs: 16, cpus: 64 } });
      const snapshot = aSnapshot({ queued, machine });
      return median(
        Array.from({ length: 15 }, () => {
          const startMs = performance.now();
          plan(snapshot);
          return performance.now() - startMs;
        }),
      );
    };
    const small = timeOf(10_000);
    const large = timeOf(100_000);
    const growth = large / small;
    // 100,000 · log 100,000 against 10,000 · log 10,000.
    const allowed = 12.5;
    return {
      figures: [
        { name: "ms10000", value: small },
        { name: "ms100000", value: large },
      ],
      says: `${small.toFixed(1)} ms; ${growth.toFixed(1)} x for ten times as many`,
      isReached: small <= 5 && growth <= allowed,
    };
  },
};

const GIGABYTE = 1_024 ** 3;

/** A job that writes a lot, beside the same by a shell. */
export const OUTPUT: Row = {
  id: "output",
  what: "a job that writes 1 GB",
  aim: "within 5 % of a shell's redirection",
  measure: async ({ rounds }) => {
    const write = `head -c ${GIGABYTE} /dev/zero`;
    const byStint = async (): Promise<number> => {
      await using stint = new Stint();
      await call([EXECUTABLE, "submit", "--quiet", "--", "sh", "-c", write], stint.env);
      return await timed(() => call([EXECUTABLE, "drain"], stint.env));
    };
    const byShell = async (): Promise<number> => {
      await using stint = new Stint();
      return await timed(() => call(["sh", "-c", `${write} > ${join(stint.root, "out")}`], stint.env));
    };
    const times = await takeTurns({ stint: byStint, shell: byShell }, rounds);
    return {
      figures: Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
      says: `${(times.stint / times.shell).toFixed(2)} x the shell (drain's start and end included)`,
      isReached: times.stint / times.shell <= 1.05,
    };
  },
};

const SLEEPERS = 200;
const SLEEP_MS = 5_000;

/** Many jobs that only wait, each with a deadline. */
export const SLEEPING: Row = {
  id: "sleepers",
  what: `${SLEEPERS} sleeping jobs with a timeout`,
  aim: "no deadline missed by over 100 ms",
  measure: async () => {
    await using stint = new Stint();
    const task = `run: sleep 60\ntimeout: ${SLEEP_MS / 1_000}s\nstopGrace: 0s\ncpus: 1\n`;
    const input = Array.from({ length: SLEEPERS }, () => task).join("---\n");
    if ((await stint.run(["submit", "--quiet", "-"], { input })).code !== 0) throw new Error("not queued");
    await stint.up("--jobs", String(SLEEPERS));
    await until("all were stopped", () => stint.files("dead-letter").length === SLEEPERS, {
      deadlineMs: 120_000,
    });
    const late = stint.records().map(({ status }) => {
      const attempt = status.attempts[0] as unknown as { startedAt: string; finishedAt: string };
      return Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt) - SLEEP_MS;
    });
    const worst = Math.max(...late);
    return {
      figures: [
        { name: "lateP50Ms", value: median(late) },
        { name: "lateMostMs", value: worst },
      ],
      says: `p50 ${median(late)} ms late, at most ${worst} ms`,
      isReached: worst <= 100,
    };
  },
};
