import { closeSync, existsSync, readSync } from "node:fs";
import { join } from "node:path";
import { openRegularFile } from "../lib/regular-file.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";

const CHUNK_BYTES = 64 * 1_024;

/** The log files of an attempt that are there. */
export function logFiles(layout: Layout, task: Task, attempt: number): string[] {
  const names = task.spec.logs.separate ? ["stdout.log", "stderr.log"] : ["output.log"];
  return names
    .map((name) => join(layout.attempt(task.metadata.id, attempt), name))
    .filter((path) => existsSync(path));
}

/** Reads a growing log from where it was last read; bytes as they are. A log that was cut is read on from its new end. */
export class LogReader {
  readonly #offsets = new Map<string, number>();

  /** Passes on what is new in an attempt's logs; returns how many bytes that were. */
  read(source: { layout: Layout; task: Task; attempt: number }, sink: (bytes: Uint8Array) => void): number {
    let total = 0;
    for (const path of logFiles(source.layout, source.task, source.attempt))
      total += this.#readOn(path, sink);
    return total;
  }

  #readOn(path: string, sink: (bytes: Uint8Array) => void): number {
    const file = openRegularFile(path);
    let total = 0;
    try {
      for (;;) {
        const bytes = Buffer.alloc(CHUNK_BYTES);
        const offset = this.#offsets.get(path) ?? 0;
        const count = readSync(file, bytes, 0, bytes.length, offset);
        if (count === 0) return total;
        this.#offsets.set(path, offset + count);
        sink(bytes.subarray(0, count));
        total += count;
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Where the last lines of a text begin. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n");
  const isTerminated = lines.at(-1) === "";
  return lines.slice(-(count + (isTerminated ? 1 : 0))).join("\n");
}

/** Passes on the output of tasks as it grows, across attempts; the returned function does one look. */
export function followTasks(context: Context, layout: Layout, ids: readonly TaskId[]): () => void {
  const followed = ids.map((id) => ({ id, attempt: 1, reader: new LogReader() }));
  return () => {
    for (const one of followed) {
      const read = readTask(layout, one.id);
      if (!read.ok) continue;
      for (;;) {
        one.reader.read({ layout, task: read.value, attempt: one.attempt }, context.outBytes);
        if (one.attempt >= read.value.status.attempt) break;
        one.attempt += 1;
        context.err(`--- ${one.id}, attempt ${one.attempt} ---\n`);
      }
    }
  };
}
