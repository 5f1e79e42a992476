import { lstatSync } from "node:fs";
import { isStopped } from "../lib/host.ts";
import type { Owner, Silence } from "../model/owner.ts";
import type { Layout } from "./layout.ts";
import { lockFolder, RENEW_MS } from "./lock-owner.ts";
import { livenessOf } from "./owner.ts";

/** A turn of the loop may be long without hanging. */
const SILENT_MS = 3 * RENEW_MS;

/** Why an owner of the lock does nothing: it is stopped, or has not renewed its lock for long. Null for no owner, or one that works. */
export function silenceOf(layout: Layout, owner: Owner | null, nowMs: number): Silence | null {
  if (owner === null) return null;
  const { role, pid } = owner;
  const sinceMs = lstatSync(lockFolder(layout), { throwIfNoEntry: false })?.mtimeMs;
  // It was released just now.
  if (sinceMs === undefined) return null;
  const hasStopped = livenessOf(owner) === "alive" && isStopped(pid);
  return hasStopped || nowMs - sinceMs > SILENT_MS ? { role, pid, isStopped: hasStopped, sinceMs } : null;
}
