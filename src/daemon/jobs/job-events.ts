import type { EventSummary } from "../../model/event-summary.ts";
import { EventSummaryReading, eventsFile, type Hide } from "../../run/events.ts";
import type { Mask } from "../../run/mask.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { maskOfJob } from "./secrets.ts";

/** What is read of a file of events in one turn: a few milliseconds, whatever the lines are. */
const SLICE_BYTES = 2 * 1_024 * 1_024;

/** Reads what a job that has ended told, at most a slice in one turn; true once all of it is read. */
export function readEventsOf(supervisor: Supervisor, { task, job }: TaskJob): boolean {
  let mask: Mask | null = null;
  const hide: Hide = (text) => {
    // Made for the first line: most jobs tell nothing.
    mask ??= maskOfJob(supervisor.context, { task, job });
    return mask.text(text);
  };
  job.events ??= new EventSummaryReading(eventsFile(job.directory), hide);
  return !job.events.read(SLICE_BYTES);
}

/** All that a job told; undefined for nothing. */
export function eventsOf({ events }: Job): EventSummary | undefined {
  const summary = events?.finish();
  return summary === undefined || summary.lines === 0 ? undefined : summary;
}
