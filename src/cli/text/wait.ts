import { formatBytes } from "../../lib/bytes.ts";
import { unreachable } from "../../lib/unreachable.ts";
import type { Shortage } from "../../plan/place.ts";
import type { Wait } from "../../plan/waiting.ts";
import { localTime, relativeTime } from "./time.ts";

/** Why a task waits, in a few words for a table. */
export function shortWait(wait: Wait, nowMs: number): string {
  switch (wait.type) {
    case "held":
      return "held";
    case "scheduled":
      return `not before ${localTime(wait.untilMs, nowMs)}`;
    case "backoff":
      return `next attempt ${relativeTime(wait.untilMs, nowMs)}`;
    case "interval":
      return `runs again ${relativeTime(wait.untilMs, nowMs)}`;
    case "unsupervised":
      return "no supervisor is up";
    case "room":
      return `waits for ${wait.short.map(nameOf).join(" and ")}${wait.ahead > 0 ? `, ${wait.ahead} ahead` : ""}`;
    case "next":
      return "starts next";
    default:
      return unreachable(wait);
  }
}

/** Why a task waits, in sentences, with what would free it. */
export function longWait(
  wait: Wait,
  { nowMs, id }: { readonly nowMs: number; readonly id: string },
): string[] {
  switch (wait.type) {
    case "held":
      return ["It is held and does not start by itself.", `To let it start: stint release ${id}`];
    case "scheduled":
      return [
        `It was asked to start not before ${localTime(wait.untilMs, nowMs)} (${relativeTime(wait.untilMs, nowMs)}).`,
      ];
    case "backoff":
      return [
        `Its last attempt failed; the next one starts ${relativeTime(wait.untilMs, nowMs)}, at ${localTime(wait.untilMs, nowMs)}.`,
        `To start it now: stint retry ${id}`,
      ];
    case "interval":
      return [`It succeeded and restarts always; it runs again ${relativeTime(wait.untilMs, nowMs)}.`];
    case "unsupervised":
      return [
        "No supervisor is up, so nothing starts.",
        "To start one: stint up --detach (or stint drain, to work until nothing is left)",
      ];
    case "room":
      return [...wait.short.map(sentenceOf), turn(wait.ahead)];
    case "next":
      return ["Nothing is in its way: it starts next."];
    default:
      return unreachable(wait);
  }
}

function turn(ahead: number): string {
  if (ahead === 0) return "It is the next in turn.";
  return `${ahead === 1 ? "One ready task has" : `${ahead} ready tasks have`} a higher priority or a lower number.`;
}

function nameOf({ resource }: Shortage): string {
  return { jobs: "a place", cpus: "CPUs", memoryBytes: "memory", gpus: "a GPU" }[resource];
}

function sentenceOf({ resource, wanted, free, total }: Shortage): string {
  switch (resource) {
    case "jobs":
      return `All ${total} places for jobs are taken (stint up --jobs N sets how many there are).`;
    case "memoryBytes":
      return `It wants ${formatBytes(wanted)} of memory: ${formatBytes(free)} of ${formatBytes(total)} are free.`;
    case "cpus":
    case "gpus":
      return `It wants ${wanted} ${resource === "cpus" ? "CPU" : "GPU"}${wanted === 1 ? "" : "s"}: ${free} of ${total} are free.`;
  }
}
