import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { replaceUnsynced } from "./durable.ts";
import type { Layout } from "./layout.ts";

/**
 * Writes JSON to a cache file, sealed with a hash, by which a reader detects what a power cut or a person changed. Does nothing where the
 * system refuses it.
 */
export function writeSealed(layout: Layout, path: string, json: string): void {
  unlessRefused(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    replaceUnsynced(path, `${hashOf(json)}\n${json}\n`, layout.tmp);
  }, undefined);
}

/**
 * The sealed JSON of a cache file; null where it is missing, damaged, or larger than `most` bytes. Only stint writes these files, so the
 * shape is not checked.
 */
export function readSealed(path: string, most: number): unknown {
  const text = unlessRefused(() => readOwnFile(path, most), null);
  const [hash = "", json = ""] = text?.split("\n") ?? [];
  return hash === hashOf(json) ? JSON.parse(json) : null;
}

function hashOf(text: string): string {
  return Bun.hash(text).toString(36);
}
