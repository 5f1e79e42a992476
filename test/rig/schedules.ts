import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Schedule, Timing } from "../../src/model/schedule.ts";
import type { Mark } from "../../src/plan/schedule.ts";
import type { Stint } from "./stint.ts";

/** A schedule that says no more than when. */
export function aSchedule(timing: Timing | string, change: Partial<Schedule> = {}): Schedule {
  return {
    timing: typeof timing === "string" ? { type: "cron", expressions: [timing] } : timing,
    timeZone: "UTC",
    catchUp: "latest",
    windowMs: 24 * 3_600_000,
    cap: 100,
    jitterMs: 0,
    isPaused: false,
    ...change,
  };
}

/** A schedule that came to be at a time and has not fired. */
export function aMark(since: string): Mark {
  return { uid: "0197-schedule", since: new Date(since).toISOString() };
}

/** Within the window of a day. */
const LATE_MS = 12 * 3_600_000;

/** So long ago that one firing is due since then, however long a test takes: a period of years. */
const SINCE = "2026-01-01T00:00:00.000Z";
const PERIOD_DAYS = 10_000;

/** Writes a schedule of which one firing is due; its tasks follow as YAML. */
export function owe(stint: Stint, of: { name: string; uid: string; tasks: string }): void {
  const folder = join(stint.home, "schedules");
  mkdirSync(join(folder, ".state"), { recursive: true });
  const dueMs = Math.floor(Date.now() / 1_000) * 1_000 - LATE_MS;
  const everyMs = PERIOD_DAYS * 86_400_000;
  const from = new Date(dueMs).toISOString();
  writeFileSync(
    join(folder, `${of.name}.yaml`),
    `every: ${PERIOD_DAYS}d\nfrom: "${from}"\ncatchUp: all\ntask:\n${of.tasks}`,
  );
  const rule = JSON.stringify({ type: "every", everyMs, zone: null, fromMs: dueMs, isPaused: false });
  writeFileSync(
    join(folder, ".state", `${of.name}.json`),
    `${JSON.stringify({ uid: of.uid, rule, since: SINCE })}\n`,
  );
}
