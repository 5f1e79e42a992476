import { lstatSync } from "node:fs";
import { isStopped } from "../lib/host.ts";
import type { Owner, Silence } from "../model/owner.ts";
import type { Layout } from "./layout.ts";
import { lockFolder, RENEW_MS } from "./lock-owner.ts";
import { livenessOf } from "./owner.ts";

/** A turn of the loop that is long is none that hangs. */
const SILENT_MS = 3 * RENEW_MS;

/** What is to be said of a holder that does nothing: it is stopped, or has left its lock alone for long. Null where there is none, or it works. */
export function silenceOf(layout: Layout, owner: Owner | null, nowMs: number): Silence | null {
  if (owner === null) return null;
  const { role, pid } = owner;
  const sinceMs = lstatSync(lockFolder(layout), { throwIfNoEntry: false })?.mtimeMs;
  // It was given back just now.
  if (sinceMs === undefined) return null;
  const hasStopped = livenessOf(owner) === "alive" && isStopped(pid);
  return hasStopped || nowMs - sinceMs > SILENT_MS ? { role, pid, isStopped: hasStopped, sinceMs } : null;
}
