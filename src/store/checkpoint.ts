import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { PLACES } from "../model/state.ts";
import { readSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { isMissing } from "./trouble.ts";

/**
 * Puts the records that segments stand for on the disk, then removes the segments. The holder alone does it, after it
 * began a segment of its own: what changes meanwhile is in that one. Waits for the disk; for a few records only.
 */
export function checkpointNow(layout: Layout, segments: readonly string[]): void {
  for (const path of pathsOf(layout, segments)) isMissing(() => syncPath(path));
  dropSegments(segments);
}

/** The same beside other work: in the background, a file at a time. Rejects with what the system refuses. */
export async function checkpoint(layout: Layout, segments: readonly string[]): Promise<void> {
  for (const path of pathsOf(layout, segments)) {
    try {
      await using file = await open(path);
      await file.sync();
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
  dropSegments(segments);
}

/** Every file and folder to sync, with all places that a record may have come to: most of the paths are of no file. */
function* pathsOf(layout: Layout, segments: readonly string[]): Generator<string> {
  for (const segment of segments) {
    const seen = new Set<string>();
    for (const { metadata } of readSegment(segment).tasks()) {
      if (seen.has(metadata.id)) continue;
      seen.add(metadata.id);
      for (const place of PLACES) yield layout.record(place, metadata.id);
    }
  }
  for (const place of PLACES) yield layout.place(place);
  yield layout.audit;
}

function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function dropSegments(segments: readonly string[]): void {
  failpoint("checkpoint:synced");
  for (const path of segments) {
    rmSync(path, { force: true });
    failpoint("checkpoint:dropped");
  }
}
