import { closeSync, fsync, fsyncSync, renameSync, rmSync, statSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { openRegularFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { PLACES } from "../model/state.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import { KEPT_ENDING, readSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { isThere, type QuarantineEntry } from "./quarantine.ts";

/** Bytes of segments that a start puts on the disk before it begins: some hundred records. */
const MAX_BYTES_NOW = 1_024 * 1_024;

/** Puts some of the records that segments stand for on the disk, the oldest first, and waits for it; see `checkpoint`. */
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
 * Puts the records that segments stand for on the disk beside other work, a file at a time, then removes the segments. The
 * holder alone does it, after it began a segment of its own: what changes meanwhile is in that one. Gives what could not
 * be done: such a segment is kept.
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

/** All places that a record may have come to: most of the paths are of no file. */
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
  // Opened by ourselves: to open a FIFO in the background would take a thread for ever.
  if (isMissing(() => (file = openRegularFile(path)))) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  fsync(file, (error) => (error === null ? resolve() : reject(error)));
  await promise.finally(() => closeSync(file));
}

function syncFile(path: string): void {
  const file = openRegularFile(path);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Removes a segment whose records are on the disk. After a refusal a later sync would say that all is well, as the system
 * forgets what it could not write (fsync(2)): such a segment is kept for as long as the machine is up.
 */
function drop(segment: string, refused: string | null): QuarantineEntry[] {
  failpoint("checkpoint:synced");
  if (refused === null) rmSync(segment, { force: true });
  else if (isThere(segment)) tryFs("keep the segment", () => renameSync(segment, `${segment}${KEPT_ENDING}`));
  failpoint("checkpoint:dropped");
  return refused === null ? [] : [{ path: segment, what: `kept: ${refused}` }];
}
