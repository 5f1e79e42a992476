import { mkdirSync, statSync } from "node:fs";
import { readOwnFile } from "../lib/regular-file.ts";
import { replaceFiles } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { sealed, unsealed } from "./sealed.ts";

/** A line of the audit log, as the next one refers to it. */
export interface Link {
  readonly hash: string;
  readonly seq: number;
}

/** A file of the log that was found whole: from the line before its first to its last. */
export interface AuditPart {
  readonly file: string;
  /** Another one for each change of the file. */
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

/** What was found of them before. */
export function knownParts(layout: Layout): readonly AuditPart[] {
  const read = tryFs("read what is known of the audit log", () => readOwnFile(layout.auditParts, MAX_BYTES));
  return read.ok && read.value !== null ? ((unsealed(read.value) as AuditPart[] | null) ?? []) : [];
}

/** Puts down what was found. Whoever may not write here goes without. */
export function keepParts(layout: Layout, parts: readonly AuditPart[]): void {
  tryFs("keep what is known of the audit log", () => {
    mkdirSync(layout.index, { recursive: true, mode: 0o700 });
    const file = { path: layout.auditParts, text: sealed(JSON.stringify(parts)) };
    replaceFiles([file], layout.tmp, { isSynced: false });
  });
}
