import { readdirSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { bootId, isAlive } from "../lib/host.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { PLACES } from "../model/state.ts";
import { readStart } from "../run/records.ts";
import type { Layout } from "../store/layout.ts";
import { ASIDE, isThere } from "../store/quarantine.ts";

/** A job that runs and that no record holds: its record was damaged beyond repair and put aside. */
export interface LostJob {
  readonly id: TaskId;
  /** The job, or its recording parent where the job is not known. */
  readonly pid: number;
  /** The folder of its attempt. */
  readonly folder: string;
  /** Its damaged record. */
  readonly aside: string;
}

/** The jobs of this boot that still run and whose records were put aside; see `LostJob`. */
export function lostJobs(layout: Layout): LostJob[] {
  const folder = join(layout.place("running"), ASIDE);
  const found = new Map<TaskId, LostJob>();
  for (const name of unlessRefused(() => readdirSync(folder), [])) {
    // A second damaged record of a task has a UUID behind its name.
    const id = idFromFileName(name.replace(/\.json\..*$/, ".json"));
    if (id === null || found.has(id) || PLACES.some((place) => isThere(layout.record(place, id)))) continue;
    const job = unlessRefused(() => runningOf(layout, id), null);
    if (job !== null) found.set(id, { id, ...job, aside: join(folder, name) });
  }
  return [...found.values()];
}

function runningOf(layout: Layout, id: TaskId): Pick<LostJob, "pid" | "folder"> | null {
  for (const name of readdirSync(layout.run(id))) {
    if (!/^\d+$/.test(name)) continue;
    const folder = layout.attempt(id, Number(name));
    const start = readStart(folder);
    if (start === null || typeof start === "string" || start.bootId !== bootId()) continue;
    const alive = [start.job, start].find((one) => one !== null && isAlive(one));
    if (alive !== undefined && alive !== null) return { pid: alive.pid, folder };
  }
  return null;
}
