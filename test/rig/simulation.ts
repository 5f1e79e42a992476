import { claimed, started } from "../../src/model/lifecycle.ts";
import type { Resources } from "../../src/model/resources.ts";
import type { Task } from "../../src/model/task.ts";
import type { Machine } from "../../src/plan/input.ts";
import { plan } from "../../src/plan/plan.ts";
import { aSnapshot } from "./machine.ts";
import { aTask, at, NOW_MS } from "./tasks.ts";

/** Small tasks that arrive for ever, and how long each runs. */
export interface Stream {
  readonly machine: Machine;
  readonly big: Resources;
  /** Of each small task in turn; the last ones begin again at the first. */
  readonly small: readonly { readonly resources: Resources; readonly ms: number }[];
  /** How many small tasks always wait. */
  readonly waiting: number;
  readonly limitMs: number;
}

interface Running {
  readonly task: Task;
  readonly endMs: number;
}

/**
 * When the big task starts, in ms from its making, or null where it has not by the limit. It is made when the machine is
 * full of small tasks, and those that wait always have their turn behind it.
 */
export function startOfBig(stream: Stream): number | null {
  const { machine, big, small, waiting, limitMs } = stream;
  const bigTask = aTask({ number: 1, name: "big", spec: { resources: big } });
  let running: Running[] = [];
  let queued: Task[] = [];
  let made = 0;
  let atMs = 0;
  const lengths = new Map<Task, number>();
  const refill = (): void => {
    while (queued.length < waiting) {
      const next = small[made % small.length];
      if (next === undefined) return;
      made += 1;
      const metadata = { createdAt: at(atMs) };
      const task = aTask({ number: made + 1, name: "small", spec: { resources: next.resources }, metadata });
      lengths.set(task, next.ms);
      queued.push(task);
    }
  };
  const turn = (first: readonly Task[]): boolean => {
    refill();
    const { actions } = plan(
      aSnapshot({
        machine,
        nowMs: NOW_MS + atMs,
        queued: [...first, ...queued],
        active: running.map(({ task }) => task),
      }),
    );
    for (const action of actions) {
      if (action.type !== "claim") continue;
      const { task, devices, resources } = action;
      if (task === bigTask) return true;
      const claim = { token: `t-${task.metadata.id}`, supervisor: "here:1", hostBootId: "boot" };
      const open = claimed(task, { ...claim, claimedAt: at(atMs), resources, devices });
      const process = { process: { pid: 1, startTime: "1" }, startedAt: at(atMs), startedAwakeMs: 0 };
      running.push({ task: started(open, process), endMs: atMs + (lengths.get(task) ?? 0) });
      queued = queued.filter((one) => one !== task);
    }
    return false;
  };
  turn([]);
  if (turn([bigTask])) return 0;
  while (running.length > 0) {
    atMs = running.reduce((least, { endMs }) => Math.min(least, endMs), Number.POSITIVE_INFINITY);
    if (atMs > limitMs) return null;
    running = running.filter(({ endMs }) => endMs > atMs);
    if (turn([bigTask])) return atMs;
  }
  return null;
}
