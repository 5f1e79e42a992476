import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plan } from "../../src/plan/plan.ts";
import { queueOf } from "../../src/plan/queue.ts";
import { aMachine, aSnapshot, devices } from "../rig/machine.ts";
import { until } from "../rig/stint.ts";
import { aTask } from "../rig/tasks.ts";
import { BenchHome, benchFolder, call, EXECUTABLE } from "./bench-home.ts";
import { median, type Row, takeTurns, usageOf, watched } from "./row.ts";

/** One turn of the planner. */
export const PLAN: Row = {
  id: "plan",
  what: "plan() on 10,000 queued tasks and 8 GPUs",
  aim: "5 ms; no faster growth than n log n up to 100,000",
  measure: async () => {
    const timeOf = (count: number, isApart: boolean): number => {
      const queued = Array.from({ length: count }, (_, index) =>
        aTask({ number: index + 1, spec: { resources: { gpus: index % 2 } } }),
      );
      const machine = aMachine({ devices: devices(8), capacity: { jobs: 16, cpus: 64 } });
      const { queued: _queued, ...seen } = aSnapshot({ queued, machine });
      // As a supervisor has its queue, or as a list that is read from the disk.
      const snapshot = isApart ? { ...seen, queue: queueOf(queued) } : { ...seen, queued };
      // What other rows left behind is not the planner's.
      Bun.gc(true);
      return median(
        Array.from({ length: 15 }, () => {
          const startMs = performance.now();
          plan(snapshot);
          return performance.now() - startMs;
        }),
      );
    };
    const [turn, long] = [timeOf(10_000, true), timeOf(100_000, true)];
    const [list, longList] = [timeOf(10_000, false), timeOf(100_000, false)];
    // 100,000 · log 100,000 against 10,000 · log 10,000.
    const allowed = 12.5;
    return {
      figures: [
        { name: "ms10000", value: turn },
        { name: "ms100000", value: long },
        { name: "listMs10000", value: list },
        { name: "listMs100000", value: longList },
      ],
      says: `${turn.toFixed(2)} ms, with 100,000 ${long.toFixed(2)} ms; from a list ${list.toFixed(1)} and ${longList.toFixed(1)} ms`,
      isReached: Math.max(turn, list) <= 5 && long <= allowed * turn,
    };
  },
};

const GIGABYTE = 1_024 ** 3;

/** A job that writes a lot, beside the same by a shell. */
export const OUTPUT: Row = {
  id: "output",
  what: "a job that writes 1 GB",
  aim: "within 5 % of a shell's redirection; the supervisor's memory flat",
  measure: async ({ rounds }) => {
    const folder = benchFolder();
    const script = join(folder, "write.sh");
    // Each says by itself how long it took: what comes before and after a job has rows of its own.
    writeFileSync(
      script,
      `begin=$(date +%s%N)\nhead -c ${GIGABYTE} /dev/zero\necho $((($(date +%s%N) - begin) / 1000000)) > "$1"\n`,
    );
    const told = join(folder, "took");
    const took = (): number => Number(readFileSync(told, "utf8"));
    const grown: number[] = [];
    const byStint = async (): Promise<number> => {
      await using stint = new BenchHome();
      const { pid } = await stint.up();
      await call([EXECUTABLE, "submit", "--quiet", "--", "true"], stint.env);
      await stint.reach(1, "completed");
      const before = usageOf(pid).megabytes;
      rmSync(told, { force: true });
      // Under the cap of a log, which would be cut meanwhile.
      const task = `command: [/bin/sh, ${script}, ${told}]\nlogs: { maxBytes: 2GiB }\n`;
      await stint.run(["submit", "--quiet", "-"], { input: task });
      let most = before;
      await until(
        "it is written",
        () => {
          most = Math.max(most, usageOf(pid).megabytes);
          return existsSync(told);
        },
        { deadlineMs: 120_000 },
      );
      await stint.reach(2, "completed");
      grown.push(most - before);
      truncateSync(join(stint.home, "runs", stint.record(2).metadata.id, "1", "output.log"), 0);
      return took();
    };
    const byShell = async (): Promise<number> => {
      const out = join(benchFolder(), "out");
      await call(["sh", "-c", `sh ${script} ${told} > ${out}`], { PATH: process.env["PATH"] ?? "" });
      truncateSync(out, 0);
      return took();
    };
    const times = await takeTurns({ stint: byStint, shell: byShell }, rounds);
    const ratio = times.stint / times.shell;
    const growth = Math.max(...grown);
    return {
      figures: [
        ...Object.entries(times).map(([name, value]) => ({ name: `${name}Ms`, value })),
        { name: "grownMegabytes", value: growth },
      ],
      says: `${ratio.toFixed(2)} x the shell; memory grew by ${growth.toFixed(0)} MB at most`,
      isReached: ratio <= 1.05 && growth <= 5,
    };
  },
};

const SLEEPERS = 200;
/** Long enough for all to be started, and to be watched asleep before the first has to be stopped. */
const TIMEOUT_MS = 30_000;
const WATCH_MS = 10_000;

/** Many jobs that only wait, each with a deadline. */
export const SLEEPING: Row = {
  id: "sleepers",
  what: `${SLEEPERS} sleeping jobs with a timeout`,
  aim: "no deadline missed by over 100 ms; 2 % of a core",
  measure: async () => {
    await using stint = new BenchHome();
    const task = `run: sleep 90\ntimeout: ${TIMEOUT_MS / 1_000}s\nstopGrace: 10s\n`;
    const input = Array.from({ length: SLEEPERS }, () => task).join("---\n");
    if ((await stint.run(["submit", "--quiet", "-"], { input })).code !== 0) throw new Error("not queued");
    const { pid } = await stint.up("--jobs", String(SLEEPERS));
    await until("all are running", () => runningIn(stint) === SLEEPERS);
    const { cpuPercent } = await watched(pid, WATCH_MS);
    await until("all were stopped", () => stint.files("dead-letter").length === SLEEPERS, {
      deadlineMs: 120_000,
    });
    const late = stint.records().map(({ status }) => {
      const attempt = status.attempts[0] as unknown as { startedAt: string; finishedAt: string };
      return Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt) - TIMEOUT_MS;
    });
    const worst = Math.max(...late);
    return {
      figures: [
        { name: "lateP50Ms", value: median(late) },
        { name: "lateMostMs", value: worst },
        { name: "cpuPercent", value: cpuPercent },
      ],
      says: `p50 ${median(late)} ms late, at most ${worst} ms; ${cpuPercent.toFixed(1)} % of a core`,
      isReached: worst <= 100 && cpuPercent <= 2,
    };
  },
};

function runningIn(stint: BenchHome): number {
  return stint.records().filter(({ status }) => status.state === "running").length;
}
