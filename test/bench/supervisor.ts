import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, until } from "../rig/stint.ts";
import { BenchHome, call, EXECUTABLE, filled } from "./bench-home.ts";
import { median, quantile, type Row, watched } from "./row.ts";

const LATENCIES = 40;
/** Long enough for what comes twice a minute to count for as much as it costs. */
const REST_MS = 60_000;
/** Bun's collector looks at the heap each second until nothing has changed for thirty of them. */
const SETTLE_MS = 40_000;
const NS_PER_MS = 1_000_000;

/** A job whose output is the moment of its first instructions: file times are as coarse as the kernel's ticks. */
const STAMP = ["/bin/date", "+%s%N"];

function stampedMs(stint: BenchHome, { metadata, status }: RecordView): number {
  const log = join(stint.home, "runs", metadata.id, String(status.attempt), "output.log");
  return Number(readFileSync(log, "utf8")) / NS_PER_MS;
}

/** From the acceptance of a submission to the job's first instruction. */
export const LATENCY: Row = {
  id: "latency",
  what: "submitted → the job's first instruction, supervisor idle",
  aim: "p50 15 ms, p95 40 ms",
  measure: async () => {
    await using stint = new BenchHome();
    await stint.up("--jobs", "1");
    const waits: number[] = [];
    for (let count = 1; count <= LATENCIES; count += 1) {
      await call([EXECUTABLE, "submit", "--quiet", "--", ...STAMP], stint.env);
      const record = await stint.reach(count, "completed");
      waits.push(stampedMs(stint, record) - Date.parse(String(record.metadata["createdAt"])));
    }
    const [p50, p95] = [median(waits), quantile(waits, 0.95)];
    return {
      figures: [
        { name: "startP50Ms", value: p50 },
        { name: "startP95Ms", value: p95 },
      ],
      says: `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
      isReached: p50 <= 15 && p95 <= 40,
    };
  },
};

/** From the end of a job to the first instruction of the one that waits for its place; its record is written before. */
export const NEXT: Row = {
  id: "next",
  what: "a job's end → its record in done/ and the next job started",
  aim: "p50 10 ms",
  measure: async () => {
    await using stint = new BenchHome();
    await call([EXECUTABLE, "submit", "--quiet", "--array", `1-${LATENCIES}`, "--", ...STAMP], stint.env);
    await call([EXECUTABLE, "drain", "--jobs", "1"], stint.env);
    const stamps = stint.records().map((record) => stampedMs(stint, record));
    const gaps = stamps.slice(1).map((stamp, index) => stamp - (stamps[index] ?? Number.NaN));
    const [p50, p95] = [median(gaps), quantile(gaps, 0.95)];
    return {
      figures: [
        { name: "nextP50Ms", value: p50 },
        { name: "nextP95Ms", value: p95 },
      ],
      says: `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (the job's own millisecond included)`,
      isReached: p50 <= 10,
    };
  },
};

/** What a supervisor costs that has nothing to do. */
export const REST: Row = {
  id: "rest",
  what: "supervisor at rest with 0, 10,000, 100,000 queued",
  aim: "0.3 % of a core; 60, 90, 250 MB",
  measure: async () => {
    const most = { 0: 60, 10_000: 90, 100_000: 250 };
    const figures: { name: string; value: number }[] = [];
    const said: string[] = [];
    let isReached = true;
    for (const [count, megabytes] of Object.entries(most)) {
      await using stint = filled(Number(count), "held");
      const { pid } = await stint.up();
      await Bun.sleep(SETTLE_MS);
      const usage = await watched(pid, REST_MS);
      figures.push(
        { name: `cpuPercent${count}`, value: usage.cpuPercent },
        { name: `megabytes${count}`, value: usage.megabytes },
      );
      said.push(`${usage.cpuPercent.toFixed(2)} % and ${usage.megabytes.toFixed(0)} MB`);
      isReached &&= usage.cpuPercent <= 0.3 && usage.megabytes <= megabytes;
    }
    return { figures, says: said.join("; "), isReached };
  },
};

/** From the start of a supervisor to its first claim, with 100,000 tasks queued. */
export const START: Row = {
  id: "start",
  what: "start of the supervisor on 100,000 queued → first claim",
  aim: "2 s",
  measure: async ({ rounds }) => {
    const times: number[] = [];
    await using stint = filled(100_000, "held");
    for (let round = 0; round < rounds; round += 1) {
      await call([EXECUTABLE, "submit", "--quiet", "--", "true"], stint.env);
      const startMs = performance.now();
      await stint.up();
      await until(
        "the first is claimed",
        () => stint.files("running").length > 0 || stint.files("done").length > round,
      );
      times.push(performance.now() - startMs);
      await until("it has ended", () => stint.files("done").length > round);
      await stint.ok("down");
    }
    return {
      figures: [{ name: "firstClaimMs", value: median(times) }],
      says: `${(median(times) / 1_000).toFixed(2)} s`,
      isReached: median(times) <= 2_000,
    };
  },
};
