import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordView } from "../rig/stint.ts";
import { demand, type Scenario, starts } from "./sweep.ts";

const UID = "01900000-0000-7000-8000-000000000000";
/** Within the window of a day. */
const LATE_MS = 12 * 3_600_000;

/** So long ago that one firing is due since then, however long a sweep takes: a period of years. */
const SINCE = "2026-01-01T00:00:00.000Z";
const PERIOD_DAYS = 10_000;

/** A firing of two tasks that is due as soon as somebody supervises, beside a schedule that nobody has seen yet. */
export const SCHEDULE_SCENARIO: Scenario = {
  name: "a schedule that is due",
  prepare: async (stint) => {
    await stint.run(["drain"]);
    const folder = join(stint.home, "schedules");
    mkdirSync(join(folder, ".state"), { recursive: true });
    const nowMs = Date.now();
    const dueMs = Math.floor(nowMs / 1_000) * 1_000 - LATE_MS;
    const everyMs = PERIOD_DAYS * 86_400_000;
    const from = new Date(dueMs).toISOString();
    writeFileSync(
      join(folder, "owed.yaml"),
      `every: ${PERIOD_DAYS}d\nfrom: "${from}"\ncatchUp: all\ntask:\n  - name: one\n    run: echo $STINT_TASK_ID >> $HOME/starts\n  - name: two\n    run: echo $STINT_TASK_ID >> $HOME/starts\n`,
    );
    writeFileSync(join(folder, "new.yaml"), "every: 30d\ntask: { run: echo never }\n");
    const rule = JSON.stringify({ type: "every", everyMs, zone: null, fromMs: dueMs, isPaused: false });
    writeFileSync(
      join(folder, ".state", "owed.json"),
      `${JSON.stringify({ uid: UID, rule, since: SINCE })}\n`,
    );
  },
  command: ["up"],
  at: [
    "schedule:known",
    "schedule:noting",
    "schedule:noted",
    "batch:staged",
    "batch:committed",
    "batch:publishing",
    "batch:firing-noted",
    "batch:emptied",
  ],
  until: (stint) =>
    stint.records().length === 2 &&
    stint.records().every(({ status }) => status.state === "completed") &&
    stint.files("incoming").length === 0 &&
    stint.files("schedules/.state").length === 2,
  check: (stint) => {
    const of = ({ metadata, status }: RecordView): string =>
      JSON.stringify([metadata["name"], status.state, metadata["scheduleId"], metadata["firedFor"]]);
    const [one, two, ...others] = stint.records().map(of);
    const isFired = one?.startsWith(`["one","completed","${UID}"`) && two === one.replace("one", "two");
    demand(isFired === true && others.length === 0, `the firing became ${one} ${two} ${others.join(" ")}`);
    for (const [id, count] of Object.entries(starts(stint)))
      demand(count === 1, `the job of ${id} began ${count} times`);
    const states = stint.files("schedules/.state").toSorted().join(" ");
    demand(states === "new.json owed.json", `the sidecars are ${states}`);
  },
};
