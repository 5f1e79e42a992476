import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";
import { call, EXECUTABLE, filled } from "./bench-home.ts";
import { median, quantile, type Row } from "./row.ts";

const LATENCIES = 40;
const REST_MS = 10_000;
/** Clock ticks a second in /proc/PID/stat: USER_HZ, 100 on every Linux (proc_pid_stat(5)). */
const USER_HZ = 100;

/** From the submission to the job's first instruction, and from a job's end to its record and to the next job. */
export const LATENCY: Row = {
  id: "latency",
  what: "submit -> first instruction; end -> record, next job",
  aim: "p50 15 ms, p95 40 ms; p50 10 ms",
  measure: async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    const starts: number[] = [];
    const ends: number[] = [];
    for (let count = 1; count <= LATENCIES; count += 1) {
      const path = join(stint.root, `stamp-${count}`);
      const beforeMs = Date.now();
      await call([EXECUTABLE, "submit", "--quiet", "--", "/usr/bin/touch", path], stint.env);
      const { status } = await stint.reach(count, "completed");
      starts.push(statSync(path).mtimeMs - beforeMs);
      const record = statSync(join(stint.home, "done", `${stint.record(count).metadata.id}.json`));
      ends.push(
        record.mtimeMs -
          statSync(
            join(stint.home, "runs", stint.record(count).metadata.id, String(status.attempt), "exit.json"),
          ).mtimeMs,
      );
    }
    const [p50, p95, end] = [median(starts), quantile(starts, 0.95), median(ends)];
    return {
      figures: [
        { name: "startP50Ms", value: p50 },
        { name: "startP95Ms", value: p95 },
        { name: "endP50Ms", value: end },
      ],
      says: `start p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (the submit included); end p50 ${end.toFixed(0)} ms`,
      isReached: p50 <= 15 && p95 <= 40 && end <= 10,
    };
  },
};

interface Usage {
  readonly cpuMs: number;
  readonly megabytes: number;
}

function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuMs: (ticks * 1_000) / USER_HZ, megabytes: Number(resident) / 1_024 };
}

/** What a supervisor costs that has nothing to do. */
export const REST: Row = {
  id: "rest",
  what: "supervisor at rest with 0, 10,000, 100,000 queued",
  aim: "0.3 % of a core; 60, 90, 250 MB",
  measure: async () => {
    const most = { 0: 60, 10_000: 90, 100_000: 250 };
    const figures: { name: string; value: number }[] = [];
    let isReached = true;
    for (const [count, megabytes] of Object.entries(most)) {
      await using stint = filled(Number(count), "queued");
      const { pid } = await stint.up();
      await Bun.sleep(3_000);
      const before = usageOf(pid);
      await Bun.sleep(REST_MS);
      const after = usageOf(pid);
      const percent = ((after.cpuMs - before.cpuMs) * 100) / REST_MS;
      figures.push(
        { name: `cpuPercent${count}`, value: percent },
        { name: `megabytes${count}`, value: after.megabytes },
      );
      isReached &&= percent <= 0.3 && after.megabytes <= megabytes;
    }
    return {
      figures,
      says: figures.map(({ name, value }) => `${name} ${value.toFixed(2)}`).join(", "),
      isReached,
    };
  },
};

/** From the start of a supervisor to its first claim, with 100,000 tasks queued. */
export const START: Row = {
  id: "start",
  what: "supervisor on 100,000 queued -> first claim",
  aim: "2 s",
  measure: async ({ rounds }) => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await using stint = filled(100_000, "queued");
      await call([EXECUTABLE, "submit", "--quiet", "--", "true"], stint.env);
      const startMs = performance.now();
      await stint.up();
      await until(
        "the first is claimed",
        () => stint.files("running").length + stint.files("done").length > 0,
      );
      times.push(performance.now() - startMs);
    }
    return {
      figures: [{ name: "firstClaimMs", value: median(times) }],
      says: `${(median(times) / 1_000).toFixed(2)} s`,
      isReached: median(times) <= 2_000,
    };
  },
};
