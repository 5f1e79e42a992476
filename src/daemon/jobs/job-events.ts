import { timestamp } from "../../lib/clock.ts";
import type { JobEvent } from "../../model/event.ts";
import type { EventSummary } from "../../model/event-summary.ts";
import { type FeedEntry, jobEntry, startEntry } from "../../model/feed.ts";
import type { Task } from "../../model/task.ts";
import { type EventFollower, EventSummaryReading, eventsFile, type Hide } from "../../run/events.ts";
import type { Mask } from "../../run/mask.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { maskOfJob } from "./secrets.ts";

/** What is read of a file of events in one turn at most. */
const SLICE_BYTES = 2 * 1_024 * 1_024;

/** Reads what a job that has ended told, at most a slice in one turn; true once all of it is read, and in the feed of its topic. */
export function readEventsOf(supervisor: Supervisor, { task, job }: TaskJob): boolean {
  const entries: FeedEntry[] = [];
  const reading = readingOf(supervisor, { task, job });
  const follower = followerOf(supervisor, { task, job, entries });
  const isMore = reading.read(SLICE_BYTES, follower);
  if (!isMore) reading.finish(follower);
  if (task.spec.topic !== undefined) supervisor.committer.feeds.append(task.spec.topic, entries);
  return !isMore;
}

/** All that a job told; undefined for nothing. */
export function eventsOf({ events }: Job): EventSummary | undefined {
  const summary = events?.finish();
  return summary === undefined || summary.lines === 0 ? undefined : summary;
}

/** Reads what a running job told since the last time, at most `most` bytes, as lines of a feed; returns the number of bytes. */
export function newEventsOf(
  supervisor: Supervisor,
  { task, job, entries }: TaskJob & { readonly entries: FeedEntry[] },
  most: number,
): number {
  const reading = readingOf(supervisor, { task, job });
  const before = reading.bytes;
  reading.read(most, followerOf(supervisor, { task, job, entries }));
  return Math.max(0, reading.bytes - before);
}

function readingOf(supervisor: Supervisor, { task, job }: TaskJob): EventSummaryReading {
  job.events ??= new EventSummaryReading(eventsFile(job.directory), hidingFor(supervisor, { task, job }));
  return job.events;
}

/** Adds what is new to `entries`; none where the task has no topic. */
function followerOf(
  supervisor: Supervisor,
  { task, job, entries }: TaskJob & { readonly entries: FeedEntry[] },
): EventFollower | undefined {
  const { topic } = task.spec;
  if (topic === undefined) return undefined;
  job.fedTo ??= fedTo(supervisor, { topic, job });
  const at = timestamp(supervisor.context.clock.now());
  // The start of a short job is on record with its end.
  let isStarted = task.status.state !== "preparing";
  const onEvent = (event: JobEvent, offset: number): void => {
    if (!isStarted) entries.push(startEntry(task, timestamp(job.startedAtMs)));
    isStarted = true;
    entries.push(jobEntry(task, { event, at, offset }));
  };
  return { from: job.fedTo, at, onEvent };
}

/** The events of a child of this process are all new; an earlier supervisor may have fed those of an adopted job. */
function fedTo({ committer }: Supervisor, { topic, job }: { topic: string; job: Job }): number {
  if (job.parent.type === "child") return 0;
  return committer.feeds.offsetOf(topic, { task: job.id, attempt: job.attempt });
}

/** The mask is made for the first line: most jobs tell nothing. */
function hidingFor({ context }: Supervisor, of: { readonly task: Task; readonly job: Job }): Hide {
  let mask: Mask | null = null;
  return (text) => {
    mask ??= maskOfJob(context, of);
    return mask.text(text);
  };
}
