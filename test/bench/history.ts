import { readFileSync } from "node:fs";
import { writeHistory } from "../rig/history.ts";
import { Stint } from "../rig/stint.ts";
import { homeAt } from "../rig/temp-home.ts";

/** `bun test/bench/history.ts`: what a listing, a start and a supervisor at rest cost beside many ended tasks. */
const COUNTS = [10, 100_000];
const REST_MS = 30_000;
/** Of proc(5): utime and stime are counted in these. */
const TICKS_PER_SECOND = 100;

for (const count of COUNTS) {
  await using stint = new Stint();
  writeHistory(homeAt(stint.home), count);
  await stint.ok("ls");
  const listMs = await timed(() => stint.ok("ls"));
  const drainMs = await timed(() => stint.ok("drain"));
  const { pid } = await stint.up();
  await Bun.sleep(4_000);
  const before = cpuMs(pid);
  await Bun.sleep(REST_MS);
  console.log(
    `${count} ended: ls ${listMs} ms, drain with nothing to do ${drainMs} ms, ` +
      `at rest ${cpuMs(pid) - before} ms of CPU in ${REST_MS / 1_000} s`,
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return Math.round(performance.now() - startMs);
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}
