import { statSync } from "node:fs";
import type { Layout } from "./layout.ts";
import { readSealed, writeSealed } from "./sealed.ts";

/** A line of the audit log, as the next one refers to it. */
export interface Link {
  readonly hash: string;
  readonly seq: number;
}

/** A file of the log whose chain was verified, from the line before its first to its last. */
export interface AuditPart {
  readonly file: string;
  /** Changes with each change of the file. */
  readonly stamp: string;
  readonly from: Link;
  readonly to: Link;
  readonly lines: number;
}

const MAX_BYTES = 16 * 1_024 * 1_024;

export function stampOf(path: string): string {
  const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, ctimeNs].join(" ");
}

/** The parts that an earlier check verified; empty where the file is missing or damaged. */
export function knownParts(layout: Layout): readonly AuditPart[] {
  return (readSealed(layout.auditParts, MAX_BYTES) as AuditPart[] | null) ?? [];
}

/** Saves verified parts for the next check; without write access, the next check is a full one. */
export function keepParts(layout: Layout, parts: readonly AuditPart[]): void {
  writeSealed(layout, layout.auditParts, JSON.stringify(parts));
}
