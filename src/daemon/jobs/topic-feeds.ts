import type { FeedEntry } from "../../model/feed.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf } from "./job.ts";
import { newEventsOf } from "./job-events.ts";
import type { TaskJob } from "./runners/runner.ts";

/** How often the files of running jobs are asked for news: one stat(2) each. */
const PERIOD_MS = 1_000;
/** What is read in one turn. */
const SLICE_BYTES = 256 * 1_024;
/** The wait where one turn did not read all that is new. */
const GO_ON_MS = 50;

/** Brings what running jobs with a topic tell into the feeds. Jobs without a topic are read when they have ended. */
export class TopicFeeds {
  readonly #supervisor: Supervisor;
  /** As `Clock.awakeMs`. */
  #dueMs = 0;
  /** The jobs of this round that are still to be read. */
  #left: TaskJob[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Reads at most a slice; returns in how many ms to go on, or null where no job has a topic. */
  tick(): number | null {
    const nowMs = this.#supervisor.context.clock.awakeMs();
    if (this.#left.length === 0) {
      if (nowMs < this.#dueMs) return this.#hasJobs() ? this.#dueMs - nowMs : null;
      this.#left = this.#jobs();
      this.#dueMs = nowMs + PERIOD_MS;
    }
    if (this.#left.length === 0) return null;
    const isDone = this.#read();
    return isDone ? PERIOD_MS : GO_ON_MS;
  }

  /** Reads a slice of what is left of this round, and appends it, once for each topic; true where nothing is left. */
  #read(): boolean {
    const { feeds } = this.#supervisor.committer;
    const told = new Map<string, FeedEntry[]>();
    let most = SLICE_BYTES;
    for (let one = this.#left.pop(); one !== undefined; one = this.#left.pop()) {
      const entries = told.getOrInsertComputed(one.task.spec.topic ?? "", () => []);
      // Of a job that has ended, the rest is read with its end.
      if (endOf(one.job) === null) most -= newEventsOf(this.#supervisor, { ...one, entries }, most);
      if (most <= 0) break;
    }
    for (const [topic, entries] of told) feeds.append(topic, entries);
    return this.#left.length === 0;
  }

  #jobs(): TaskJob[] {
    const { jobs, queue } = this.#supervisor;
    return [...jobs.values()].flatMap((job) => {
      const task = queue.tasks.get(job.id);
      return task?.spec.topic === undefined || endOf(job) !== null ? [] : [{ task, job }];
    });
  }

  #hasJobs(): boolean {
    return this.#jobs().length > 0;
  }
}
