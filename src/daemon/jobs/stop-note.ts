import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { contentOf } from "../../run/records.ts";
import type { SentSignal } from "./job.ts";

const NOTE = /^(main|others|all) (\d+(?:\.\d+)?)\n$/;
/** The job may have put a link or a FIFO there. */
const FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Notes a stop signal in the attempt's folder once it was sent, so that the next supervisor neither repeats it, which may interrupt a job
 * that saves its work, nor counts its grace from the beginning.
 */
export function noteStop(directory: string, { to, atAwakeMs }: SentSignal): void {
  try {
    const file = openSync(join(directory, ATTEMPT_FILES.stopSent), FLAGS, 0o600);
    writeSync(file, `${to ?? "all"} ${atAwakeMs}\n`);
    closeSync(file);
  } catch {
    // A full disk, or a folder that the job has damaged: the next supervisor sends the signal again.
  }
}

/** The stop signal that an earlier supervisor sent; null where none is on record. */
export function notedStop(directory: string, nowAwakeMs: number): SentSignal | null {
  const [, to, at] = NOTE.exec(contentOf(join(directory, ATTEMPT_FILES.stopSent)) ?? "") ?? [];
  const atAwakeMs = Number(at);
  // The job could have written a later time, for a longer grace.
  if (to === undefined || atAwakeMs > nowAwakeMs) return null;
  return { signal: "SIGTERM", ...((to === "main" || to === "others") && { to }), atAwakeMs };
}
