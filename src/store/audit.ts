import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, renameSync } from "node:fs";
import { timestamp } from "../lib/clock.ts";
import { failpoint } from "../lib/failpoint.ts";
import type { AuditLine, AuditNote } from "../model/audit.ts";
import { syncDirectory, writeWhole } from "./durable.ts";
import type { Layout } from "./layout.ts";

/** Where one file ends and the next begins. */
const MAX_AUDIT_BYTES = 64 * 1_024 * 1_024;
/** The hash before the first line. */
export const FIRST_HASH = "0".repeat(64);
/** A line holds short texts only; this many bytes from the end hold at least one. */
const TAIL_BYTES = 64 * 1_024;

/** The hash of a line: SHA-256 over the line without its `hash`, which includes the hash before it. */
export function hashOf(line: Omit<AuditLine, "hash">): string {
  return createHash("sha256").update(JSON.stringify(line)).digest("hex");
}

/** The append-only log of everything that happened; opened by the holder of the lock alone. */
export class Audit {
  readonly #layout: Layout;
  #file: number;
  #size: number;
  #seq = 0;
  #hash = FIRST_HASH;
  /** Lines that the disk had no room for; they go with the next ones. */
  #unwritten: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#file = openSync(layout.audit, "a+", 0o600);
    this.#size = fstatSync(this.#file).size;
    this.#resume();
  }

  /** Appends notes and puts them on the disk; throws what the system refuses, keeping the lines for the next call. */
  append(notes: readonly AuditNote[], nowMs: number): void {
    for (const note of notes) {
      const unsealed = { seq: this.#seq + 1, at: timestamp(nowMs), ...note, prevHash: this.#hash };
      const hash = hashOf(unsealed);
      this.#unwritten.push(`${JSON.stringify({ ...unsealed, hash })}\n`);
      this.#seq = unsealed.seq;
      this.#hash = hash;
    }
    if (this.#unwritten.length === 0) return;
    const text = this.#unwritten.join("");
    try {
      writeWhole(this.#file, text);
      failpoint("audit:written");
      fdatasyncSync(this.#file);
    } catch (error) {
      // A part of a line would break the chain for every reader.
      ftruncateSync(this.#file, this.#size);
      throw error;
    }
    this.#unwritten = [];
    this.#size += Buffer.byteLength(text);
    if (this.#size >= MAX_AUDIT_BYTES) this.#rotate(nowMs);
  }

  close(): void {
    closeSync(this.#file);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #rotate(nowMs: number): void {
    const first = String(this.#seq).padStart(12, "0");
    closeSync(this.#file);
    renameSync(this.#layout.audit, `${this.#layout.audit}.${first}`);
    this.#file = openSync(this.#layout.audit, "a+", 0o600);
    syncDirectory(this.#layout.home);
    this.#size = 0;
    this.append([{ event: "rotated", actor: "stint" }], nowMs);
  }

  /** Finds the end of the chain; a line that was cut by a crash is removed, as its change is told again. */
  #resume(): void {
    const length = Math.min(this.#size, TAIL_BYTES);
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, this.#size - length);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < length) {
      this.#size -= length - end;
      ftruncateSync(this.#file, this.#size);
    }
    const lines = bytes.subarray(0, end).toString("utf8").trimEnd().split("\n");
    const last = lines.at(-1);
    if (last === undefined || last === "") return;
    const line = lineIn(last);
    this.#seq = line.seq;
    this.#hash = line.hash;
  }
}

/** A last line that somebody spoilt breaks the chain, which `audit verify` tells; it does not stop the queue. */
function lineIn(text: string): Pick<AuditLine, "seq" | "hash"> {
  try {
    return JSON.parse(text) as AuditLine;
  } catch {
    return { seq: 0, hash: FIRST_HASH };
  }
}
