import { EventSummaryReading, eventsFile } from "../../run/events.ts";
import type { Supervisor } from "../supervisor.ts";
import type { TaskJob } from "./runners/runner.ts";
import { maskOfJob } from "./secrets.ts";

/** What is read of a file of events for this. */
const MOST_BYTES = 1_024 * 1_024;

/** What a service said when it told that it is ready; null where it has not, or not within its first megabyte of events. */
export function hasTold({ context }: Supervisor, { task, job }: TaskJob): { readonly url?: string } | null {
  const reading = new EventSummaryReading(eventsFile(job.directory), maskOfJob(context, { task, job }).text);
  while (reading.bytes < MOST_BYTES && reading.read(MOST_BYTES));
  return reading.finish().ready ?? null;
}
