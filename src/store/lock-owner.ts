import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { type Owner, owner } from "../model/owner.ts";
import type { Layout } from "./layout.ts";
import { livenessOf } from "./owner.ts";

/** How often the lock's time is renewed. It is for people and `silenceOf` alone: no process acquires the lock because of it. */
export const RENEW_MS = 10_000;

/** The owner of the lock; null where it is free or its owner is dead. */
export function lockOwner(layout: LockPlace): Owner | null {
  const found = readOwner(ownerFile(layout));
  return typeof found === "string" || livenessOf(found) === "dead" ? null : found;
}

/** The folder of a lock, and the one that it is staged in. */
export type LockPlace = Pick<Layout, "home" | "locks" | "tmp">;

/** The lock itself: the process that placed this folder owns it. */
export function lockFolder(layout: LockPlace): string {
  return join(layout.locks, "supervisor.lock");
}

export function ownerFile(layout: LockPlace): string {
  return join(lockFolder(layout), "owner.json");
}

export function readOwner(path: string): Owner | "missing" | "unreadable" {
  try {
    return parseJson(owner, readRegularFile(path)) ?? "unreadable";
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? "missing" : "unreadable";
  }
}
