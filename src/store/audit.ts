import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  readdirSync,
  readSync,
  renameSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { timestamp } from "../lib/clock.ts";
import { failpoint } from "../lib/failpoint.ts";
import { openRegularFile, withFile } from "../lib/regular-file.ts";
import { sha256 } from "../lib/sha256.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import type { AuditEntry, AuditLine } from "../model/audit.ts";
import { jsonIn } from "../model/check.ts";
import { writeWhole } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { isThere } from "./quarantine.ts";

/** Created where missing, read at any position, written at its end: `a+`. */
const APPENDING = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;
/** A file of this size is rotated. */
const MAX_AUDIT_BYTES = 64 * 1_024 * 1_024;
/** The hash before the first line. */
export const FIRST_HASH = "0".repeat(64);
/** A line holds short texts only; this many bytes from the end hold at least one. */
const TAIL_BYTES = 64 * 1_024;

/** The hash of a line: SHA-256 over the line without its `hash`, which includes the hash before it. */
export function hashOf(line: Omit<AuditLine, "hash">): string {
  return sha256(JSON.stringify(line));
}

/** The append-only log of everything that happened; only the owner of the home's lock opens it. */
export class Audit {
  readonly #layout: Layout;
  #file: number;
  #size: number;
  /** Bytes of a line that a crash cut short; the next append reports them as `log_cut`. */
  #cutBytes = 0;
  #seq = 0;
  #hash = FIRST_HASH;
  /** Lines that the disk refused; the next append writes them first. */
  #unwritten: string[] = [];
  /** A refused write may have left a partial line after the last whole one. */
  #isTorn = false;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#file = openRegularFile(layout.audit, APPENDING);
    this.#size = fstatSync(this.#file).size;
    this.#resume();
  }

  /**
   * Appends entries. Unsynced ones may be lost in a power cut: the next start finds records that are newer than their last line, and
   * audits them. Throws what the system refuses, and keeps the lines for the next call.
   */
  append(entries: readonly AuditEntry[], nowMs: number, { isSynced } = { isSynced: true }): void {
    const cut: AuditEntry = {
      event: "log_cut",
      actor: "stint",
      detail: `${this.#cutBytes} bytes of an unfinished line`,
    };
    for (const entry of this.#cutBytes > 0 ? [cut, ...entries] : entries) {
      const unsealed = { seq: this.#seq + 1, at: timestamp(nowMs), ...entry, prevHash: this.#hash };
      const hash = hashOf(unsealed);
      this.#unwritten.push(`${JSON.stringify({ ...unsealed, hash })}\n`);
      this.#seq = unsealed.seq;
      this.#hash = hash;
    }
    this.#cutBytes = 0;
    if (this.#unwritten.length === 0) return;
    const text = this.#unwritten.join("");
    this.#removePartialLine();
    try {
      this.#isTorn = true;
      writeWhole(this.#file, text);
      failpoint("audit:written");
      if (isSynced) fdatasyncSync(this.#file);
    } catch (error) {
      this.#removePartialLine();
      throw error;
    }
    this.#isTorn = false;
    this.#unwritten = [];
    this.#size += Buffer.byteLength(text);
    if (this.#size >= MAX_AUDIT_BYTES) this.#rotate(nowMs);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Removes a partial line, which would break the chain for every reader; where the disk refuses that too, the next append tries again. */
  #removePartialLine(): void {
    if (!this.#isTorn) return;
    ftruncateSync(this.#file, this.#size);
    this.#isTorn = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #rotate(nowMs: number): void {
    renameSync(this.#layout.audit, `${this.#layout.audit}.${String(this.#seq).padStart(12, "0")}`);
    failpoint("audit:set-aside");
    const next = openRegularFile(this.#layout.audit, APPENDING);
    // Only now: where the system refuses the new file, the old one stays in use.
    closeSync(this.#file);
    this.#file = next;
    this.#size = 0;
    syncDirectory(this.#layout.home);
    failpoint("audit:begun");
    this.append([{ event: "rotated", actor: "stint" }], nowMs);
  }

  /** After a power cut the file may end with zeros in place of lines that did not reach the disk. */
  #dropZeros(): void {
    for (let tail = tailOf(this.#layout.audit); tail.at(-1) === 0; tail = tailOf(this.#layout.audit)) {
      const written = tail.findLastIndex((byte) => byte !== 0) + 1;
      this.#cut(tail.length - written);
    }
  }

  #cut(bytes: number): void {
    if (bytes === 0) return;
    this.#cutBytes += bytes;
    this.#size -= bytes;
    ftruncateSync(this.#file, this.#size);
  }

  /** Finds the end of the chain. A line that a crash cut short is removed: the next start audits its change again. */
  #resume(): void {
    this.#dropZeros();
    const tail = tailOf(this.#layout.audit);
    const end = tail.lastIndexOf(0x0a) + 1;
    // No line of stint is as long as a whole tail: this text is foreign, and is kept.
    const isForeign = end === 0 && tail.length === TAIL_BYTES;
    if (isForeign) this.#unwritten.push("\n");
    if (!isForeign) this.#cut(tail.length - end);
    // The file is empty after a crash during a rotation, or where nothing was written yet.
    const rotated = auditFiles(this.#layout).at(-2);
    const last =
      lastLine(tail.subarray(0, end)) ?? (rotated === undefined ? null : lastLine(tailOf(rotated)));
    if (last === null) return;
    this.#seq = last.seq;
    this.#hash = last.hash;
  }
}

/** The audit files of a home, oldest first. */
export function auditFiles(layout: Layout): string[] {
  const directory = dirname(layout.audit);
  const rotated = readdirSync(directory)
    .filter((name) => name.startsWith(`${basename(layout.audit)}.`) && /\.\d{12}$/.test(name))
    .sort()
    .map((name) => join(directory, name));
  return isThere(layout.audit) ? [...rotated, layout.audit] : rotated;
}

function tailOf(path: string): Buffer {
  return withFile(path, (file) => {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes;
  });
}

/** A damaged last line breaks the chain, which `audit verify` reports; it does not stop the queue. */
function lastLine(tail: Buffer): Pick<AuditLine, "seq" | "hash"> | null {
  const text = tail.toString("utf8").trimEnd().split("\n").at(-1);
  if (text === undefined || text === "") return null;
  const { seq, hash } = (jsonIn(text) ?? {}) as Partial<AuditLine>;
  const isWhole = Number.isSafeInteger(seq) && typeof hash === "string";
  return isWhole ? { seq: seq ?? 0, hash } : { seq: 0, hash: FIRST_HASH };
}
