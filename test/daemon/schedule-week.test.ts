import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallTime } from "../../src/lib/zone.ts";
import type { Task } from "../../src/model/task.ts";
import { readTasks } from "../../src/store/reader.ts";
import { SimulatedMachine } from "../rig/simulated-machine.ts";
import { TempHome } from "../rig/temp-home.ts";

const ZONE = "Europe/Berlin";
/** The week in which the clocks of Berlin go back: on Sunday the 26th at 03:00. */
const local = (day: number, time: string): number =>
  Temporal.PlainDateTime.from(`2025-10-${day}T${time}`).toZonedDateTime(ZONE).epochMilliseconds;

const SCHEDULES: Readonly<Record<string, string>> = {
  nightly: `cron: "30 2 * * *"\ntimeZone: ${ZONE}\ncatchUp: latest\ntask: { name: nightly, run: "true" }\n`,
  report: `every: 6h\nfrom: 2025-10-20T00:00\ntimeZone: ${ZONE}\ncatchUp: all\noverlap: queue\ntask:\n  - { name: report, run: "true" }\n`,
  office: `cron: "0 9 * * 1-5"\ntimeZone: ${ZONE}\ncatchUp: none\njitter: 5m\ntask: { name: office, run: "true" }\n`,
};
/** A line of a crontab: cron knows nothing of what it slept through. */
const CRONTAB_AT = "04:15";
const CRONTAB = 'name: crontab\nrun: "true"\n';

/** What is queued in the week, by the rules above alone: `queued for [queued at]`; the second where it was late. */
const EXPECTED = {
  nightly: ["20 02:30", "21 02:30", "22 02:30", "23 02:30", "24 02:30", "25 02:30 at 25 08:00", "26 02:30"],
  report: [
    ["20 06:00", "20 12:00", "20 18:00", "21 00:00", "21 06:00", "21 12:00", "21 18:00", "22 00:00"],
    ["22 06:00", "22 12:00", "22 18:00", "23 00:00", "23 06:00", "23 12:00 at 23 12:10", "23 18:00"],
    ["24 00:00", "24 06:00", "24 12:00", "24 18:00", "25 00:00 at 25 08:00", "25 06:00 at 25 08:00"],
    // Six hours are six hours, whatever the clocks on the wall do.
    ["25 12:00", "25 18:00", "26 00:00", "26 05:00", "26 11:00", "26 17:00", "26 23:00"],
  ].flat(),
  // On Tuesday the machine was off at nine, and nothing is made up for.
  office: ["20 09:00", "22 09:00", "23 09:00", "24 09:00"],
  crontab: ["20 04:15", "21 04:15", "22 04:15", "23 04:15", "24 04:15", "26 04:15"],
};
/** A jitter is no lateness. */
const LATE_MS = 6 * 60_000;

test("schedules fire as they should in a week with two reboots, a night of suspend and a change of the clocks", async () => {
  await using home = new TempHome();
  for (const [name, text] of Object.entries(SCHEDULES))
    writeFileSync(join(home.layout.schedules, `${name}.yaml`), text, { mode: 0o600 });
  // The first minute is for a supervisor that has just come up: what begins the week is not its own.
  const machine = new SimulatedMachine(home, local(20, "00:01"));
  await machine.boot();
  for (let day = 20; day <= 26; day += 1) {
    if (day !== 25) {
      await machine.until(local(day, CRONTAB_AT));
      await machine.submit(CRONTAB);
    }
    if (day === 21) await reboot(machine, local(21, "08:50"), local(21, "09:20"));
    if (day === 23) await reboot(machine, local(23, "11:58"), local(23, "12:10"));
    if (day === 24) {
      await machine.until(local(24, "22:00"));
      await machine.until(local(25, "08:00"), "closed");
    }
  }
  await machine.until(local(27, "00:00") - 60_000);
  await machine.off();
  const tasks = readTasks(home.layout, ["pending", "running", "done", "dead-letter"]);
  process.stdout.write(`${tableOf(tasks)}\n`);
  const found = Object.fromEntries(
    Object.keys(EXPECTED).map((name) => [
      name,
      tasks.filter(({ metadata }) => metadata.name === name).map(told),
    ]),
  );
  expect(found).toEqual(EXPECTED);
  expect(tasks.filter(({ status }) => status.state !== "completed")).toEqual([]);
  expect(tasks.every(({ metadata }) => (metadata.source === "cron") === (metadata.name !== "crontab"))).toBe(
    true,
  );
}, 300_000);

async function reboot(machine: SimulatedMachine, offMs: number, onMs: number): Promise<void> {
  await machine.until(offMs);
  await machine.off();
  await machine.until(onMs);
  await machine.boot();
}

function shown(ms: number): string {
  const { day, hour, minute } = wallTime(ms, ZONE);
  return `${day} ${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

function times({ metadata }: Task): { forMs: number; atMs: number } {
  const atMs = Date.parse(metadata.createdAt);
  return { forMs: metadata.firedFor === undefined ? atMs : Date.parse(metadata.firedFor), atMs };
}

function told(task: Task): string {
  const { forMs, atMs } = times(task);
  return atMs - forMs > LATE_MS ? `${shown(forMs)} at ${shown(atMs)}` : shown(forMs);
}

function tableOf(tasks: readonly Task[]): string {
  const rows = tasks
    .toSorted((left, right) => left.metadata.number - right.metadata.number)
    .map((task) => {
      const { forMs, atMs } = times(task);
      const offset = wallTime(forMs, ZONE).offsetNanoseconds / 3_600e9;
      const late = atMs - forMs > LATE_MS ? "made up for" : "on time";
      return [
        task.metadata.name,
        `Oct ${shown(forMs)} +${offset}`,
        `Oct ${shown(atMs)}`,
        late,
        task.status.state,
      ];
    });
  return [["NAME", "FOR", "QUEUED", "", "OUTCOME"], ...rows]
    .map((row) => row.map((cell, index) => cell.padEnd([10, 18, 15, 13, 0][index] ?? 0)).join(""))
    .join("\n");
}
