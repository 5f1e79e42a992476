import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { type Owner, owner } from "../model/owner.ts";
import type { Layout } from "./layout.ts";
import { livenessOf } from "./owner.ts";

/** How often the lock's time is renewed: for people who look, no decision hangs on it. */
export const RENEW_MS = 10_000;

/** Who holds the lock, or null where nobody does. A dead owner holds nothing. */
export function lockOwner(layout: LockPlace): Owner | null {
  const found = readOwner(ownerFile(layout));
  return typeof found === "string" || livenessOf(found) === "dead" ? null : found;
}

/** Where a lock is kept, and what it is made in. */
export type LockPlace = Pick<Layout, "home" | "locks" | "tmp">;

/** The lock: whoever has it has put this folder there. */
export function lockFolder(layout: LockPlace): string {
  return join(layout.locks, "supervisor.lock");
}

/** Says who holds the lock. */
export function ownerFile(layout: LockPlace): string {
  return join(lockFolder(layout), "owner.json");
}

/** What an owner noted of itself. */
export function readOwner(path: string): Owner | "missing" | "unreadable" {
  try {
    return parseJson(owner, readRegularFile(path)) ?? "unreadable";
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? "missing" : "unreadable";
  }
}
