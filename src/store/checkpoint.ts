import { closeSync, fsync, fsyncSync, renameSync, rmSync, statSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { openRegularFile, withFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { PLACES } from "../model/state.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import { KEPT_ENDING, readSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { isThere, type QuarantineEntry } from "./quarantine.ts";

/** Bytes of segments that a start checkpoints before it goes on: some hundred records. */
const MAX_BYTES_NOW = 1_024 * 1_024;

/** Checkpoints some segments, the oldest first, synchronously; see `checkpoint`. */
export function checkpointSome(layout: Layout, segments: readonly string[]): QuarantineEntry[] {
  let bytes = 0;
  const findings: QuarantineEntry[] = [];
  for (const segment of segments) {
    if (bytes > MAX_BYTES_NOW) break;
    bytes += statSync(segment, { throwIfNoEntry: false })?.size ?? 0;
    const done = tryFs("put the records on the disk", () => {
      for (const path of recordsOf(layout, segment)) isMissing(() => syncFile(path));
      syncPlaces(layout);
    });
    findings.push(...drop(segment, done.ok ? null : done.error.message));
  }
  return findings;
}

/**
 * Syncs the records that segments hold versions of, one file at a time beside other work, then removes the segments. Only the owner of
 * the lock does it, after it began a new segment: changes made meanwhile are in that one. Returns the segments that had to be kept, and
 * why.
 */
export async function checkpoint(layout: Layout, segments: readonly string[]): Promise<QuarantineEntry[]> {
  const findings: QuarantineEntry[] = [];
  for (const segment of segments) {
    let refused: string | null = null;
    try {
      for (const path of recordsOf(layout, segment)) await syncBeside(path);
      syncPlaces(layout);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
      refused = String(error);
    }
    findings.push(...drop(segment, refused));
  }
  return findings;
}

/** Every path that a record may have by now; at most of them there is no file. */
function* recordsOf(layout: Layout, segment: string): Generator<string> {
  const seen = new Set<string>();
  for (const { metadata } of readSegment(segment).tasks()) {
    if (seen.has(metadata.id)) continue;
    seen.add(metadata.id);
    for (const place of PLACES) yield layout.record(place, metadata.id);
    yield layout.moving(metadata.id);
  }
}

function syncPlaces(layout: Layout): void {
  for (const place of PLACES) syncDirectory(layout.place(place));
  isMissing(() => syncFile(layout.audit));
}

async function syncBeside(path: string): Promise<void> {
  let file = -1;
  // Opened here: opening a FIFO in the background would block a thread for ever.
  if (isMissing(() => (file = openRegularFile(path)))) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  fsync(file, (error) => (error === null ? resolve() : reject(error)));
  await promise.finally(() => closeSync(file));
}

function syncFile(path: string): void {
  withFile(path, fsyncSync);
}

/**
 * Removes a segment whose records are synced. After a failed sync the next one may succeed without having written the data
 * (fsync(2)): such a segment is kept until the machine is booted again.
 */
function drop(segment: string, refused: string | null): QuarantineEntry[] {
  failpoint("checkpoint:synced");
  if (refused === null) rmSync(segment, { force: true });
  else if (isThere(segment)) tryFs("keep the segment", () => renameSync(segment, `${segment}${KEPT_ENDING}`));
  failpoint("checkpoint:dropped");
  return refused === null ? [] : [{ path: segment, what: `kept: ${refused}` }];
}
