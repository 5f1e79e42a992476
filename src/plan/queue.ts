import { instantMs } from "../lib/clock.ts";
import type { Task } from "../model/task.ts";
import { isTied } from "./dismiss.ts";

/** Free tasks of one priority, in the order of their numbers. */
export interface Line {
  readonly priority: number;
  readonly tasks: readonly Task[];
  /** True where none was made before one in front of it: whatever waiting adds, they have their turn in this order then. */
  readonly isByAge: boolean;
}

/** The queued tasks told apart: a free one waits for room alone, so that a plan looks at no more of them than it starts. */
export interface Queue {
  /** All others. */
  readonly bound: readonly Task[];
  /** One for each priority. */
  readonly lines: readonly Line[];
}

/** Tasks whose gates are open: some one by one, the others in lines. */
export interface Ready {
  readonly ready: readonly Task[];
  readonly lines: readonly Line[];
}

/** Tells queued tasks apart. */
export function queueOf(queued: readonly Task[]): Queue {
  const bound: Task[] = [];
  const lines = new Map<number, { priority: number; tasks: Task[]; isByAge: boolean }>();
  for (const task of queued) {
    if (!isFree(task)) {
      bound.push(task);
      continue;
    }
    const { priority } = task.spec;
    const line = lines.get(priority);
    if (line === undefined) lines.set(priority, { priority, tasks: [task], isByAge: true });
    else {
      line.isByAge &&= isBehind(line.tasks.at(-1), task);
      line.tasks.push(task);
    }
  }
  return { bound, lines: [...lines.values()] };
}

/** True for a task whose gates are open and stay so, on which no other bears, and whose wait began when it was made. */
export function isFree(task: Task): boolean {
  const { spec, status } = task;
  return (
    !spec.hold &&
    spec.notBefore === undefined &&
    spec.queueTtlMs === undefined &&
    spec.runnerSelector === undefined &&
    status.state === "queued" &&
    status.retryAt === undefined &&
    status.attempts.length === 0 &&
    !isTied(task)
  );
}

/** True where a task comes behind another one by its number and was not made before it; behind nobody, always. */
export function isBehind(first: Task | undefined, { metadata }: Task): boolean {
  if (first === undefined) return true;
  const { number, createdAt } = first.metadata;
  return number < metadata.number && instantMs(createdAt) <= instantMs(metadata.createdAt);
}

/** How many there are in some lines. */
export function countIn(lines: readonly Line[]): number {
  return lines.reduce((total, { tasks }) => total + tasks.length, 0);
}
