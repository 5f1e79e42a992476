import { closeSync, existsSync, readSync } from "node:fs";
import { join } from "node:path";
import { maskOf } from "../daemon/secrets.ts";
import { openRegularFile } from "../lib/regular-file.ts";
import type { TaskId } from "../model/identity.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { MaskedStream } from "../run/mask.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { inheritable } from "./inheritable.ts";

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

interface Followed {
  readonly id: TaskId;
  attempt: number;
  readonly reader: LogReader;
  /** Null until its record is there. */
  output: MaskedStream | null;
}

/** Where the last lines of a text begin. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n");
  const isTerminated = lines.at(-1) === "";
  return lines.slice(-(count + (isTerminated ? 1 : 0))).join("\n");
}

/** Where the output of a task goes once its secrets are hidden. */
export function maskedOutput(context: Context, layout: Layout, task: Task): MaskedStream {
  return maskOf(layout, task, inheritable(context.env)).stream(context.outBytes);
}

/** Passes on the output of tasks as it grows, across attempts; the returned function does one look. */
export function followTasks(context: Context, layout: Layout, ids: readonly TaskId[]): () => void {
  const followed = ids.map((id): Followed => ({ id, attempt: 1, reader: new LogReader(), output: null }));
  return () => {
    for (const one of followed) {
      const read = readTask(layout, one.id);
      if (!read.ok) continue;
      for (;;) {
        one.output ??= maskedOutput(context, layout, read.value);
        one.reader.read({ layout, task: read.value, attempt: one.attempt }, one.output.write);
        const isBehind = one.attempt < read.value.status.attempt;
        if (isBehind || isTerminal(read.value.status.state)) one.output.end();
        if (!isBehind) break;
        one.attempt += 1;
        context.err(`--- ${one.id}, attempt ${one.attempt} ---\n`);
      }
    }
  };
}
