import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../rig/stint.ts";
import { BenchHome } from "./bench-home.ts";
import { type Row, watched } from "./row.ts";

const JOBS = 200;
const LINES_A_SECOND = 10;
const WATCH_MS = 15_000;

/** Jobs that tell much, for the feed of a topic; this process writes for all of them, or they would have the CPU. */
export const EVENTS: Row = {
  id: "events",
  what: `the events of ${JOBS} running jobs with ${LINES_A_SECOND} lines a second each, in the feed of a topic`,
  aim: "under 3 % of a core; the supervisor's memory flat",
  measure: async () => {
    await using stint = new BenchHome();
    const input = Array.from({ length: JOBS }, () => "run: sleep 120\ntopic: bench\n").join("---\n");
    if ((await stint.run(["submit", "--quiet", "-"], { input })).code !== 0) throw new Error("not queued");
    const { pid } = await stint.up("--jobs", String(JOBS));
    const running = (): number => stint.records().filter(({ status }) => status.state === "running").length;
    await until("all are running", () => running() === JOBS, { deadlineMs: 120_000 });
    const files = stint
      .records()
      .map(({ metadata }) => join(stint.home, "runs", metadata.id, "1", "events.ndjson"));
    const quiet = await watched(pid, WATCH_MS);
    let step = 0;
    const writer = setInterval(() => {
      step += 1;
      const line = `{"type":"METRIC","at":"2026-01-02T03:04:05.678Z","name":"loss","value":0.${step},"step":${step}}\n`;
      for (const path of files) appendFileSync(path, line);
    }, 1_000 / LINES_A_SECOND);
    const told = await watched(pid, WATCH_MS);
    clearInterval(writer);
    const cpuPercent = told.cpuPercent - quiet.cpuPercent;
    const grown = told.megabytes - quiet.megabytes;
    const lines = (step * JOBS * 1_000) / WATCH_MS;
    return {
      figures: [
        { name: "cpuPercent", value: cpuPercent },
        { name: "quietCpuPercent", value: quiet.cpuPercent },
        { name: "linesPerSecond", value: lines },
        { name: "grownMegabytes", value: grown },
      ],
      says: `${cpuPercent.toFixed(1)} % of a core for ${lines.toFixed(0)} lines a second, beside ${quiet.cpuPercent.toFixed(1)} % at rest; memory grew by ${grown.toFixed(0)} MB`,
      isReached: cpuPercent <= 3 && grown <= 20,
    };
  },
};
