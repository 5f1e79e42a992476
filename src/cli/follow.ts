import { existsSync, statSync } from "node:fs";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { inheritable } from "../desk/inheritable.ts";
import { asLines } from "../lib/printable.ts";
import type { Attempt } from "../model/attempt.ts";
import type { TaskId } from "../model/identity.ts";
import { containerOf } from "../model/kind.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { type Break, LogReading } from "../run/log-reading.ts";
import { outputFiles } from "../run/output.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { type LogView, type ShownLog, shownLog } from "./logs/shown-log.ts";

function logPaths(layout: Layout, task: Task, attempt: number): string[] {
  return outputFiles(layout.attempt(task.metadata.id, attempt), task.spec.logs.separate);
}

/** The log files of an attempt that exist. */
export function logFiles(layout: Layout, task: Task, attempt: number): string[] {
  return logPaths(layout, task, attempt).filter((path) => existsSync(path));
}

/** Reads the logs of one attempt as they grow. */
export class LogReader implements Disposable {
  readonly #logs: readonly {
    readonly path: string;
    readonly reading: LogReading;
    readonly output: ShownLog;
    /** How much of what it had at the start is still to be read. */
    left: number;
  }[];
  readonly #attempt: number;

  /** Each log gets an output of its own. */
  constructor(
    layout: Layout,
    { task, attempt, open }: { task: Task; attempt: number; open: () => ShownLog },
  ) {
    const keeping = { maxBytes: task.spec.logs.maxBytes, isRefilled: containerOf(task.spec.kind) !== null };
    this.#logs = logPaths(layout, task, attempt).map((path) => ({
      path,
      reading: new LogReading(path, keeping),
      output: open(),
      left: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    }));
    this.#attempt = attempt;
  }

  /** Writes new output, possibly not all of it, and reports cuts and replaced logs; returns the number of new bytes. */
  read(task: Task, say: (line: string) => void): number {
    const attempt = task.status.attempts.find(({ number }) => number === this.#attempt);
    const expected = {
      isExpected: hasStarted(attempt),
      isOver: attempt !== undefined && attempt.state !== "running",
    };
    let total = 0;
    for (const log of this.#logs) {
      const onBreak = (what: Break): void => {
        log.output.end();
        say(asLines([`--- ${describeBreak(what, log.path)} ---`]));
      };
      const write = (piece: Uint8Array): void => {
        log.output.write(piece);
        const { left } = log;
        log.left -= piece.length;
        if (left > 0 && log.left <= 0) log.output.caughtUp();
      };
      const bytes = log.reading.read({ write, onBreak }, expected);
      if (bytes === 0) log.output.caughtUp();
      total += bytes;
    }
    return total;
  }

  /** True where more can be read once a cut is finished. */
  get isWaiting(): boolean {
    return this.#logs.some(({ reading }) => reading.isWaiting);
  }

  /** Writes what the outputs hold back. */
  end(): void {
    for (const { output } of this.#logs) output.end();
  }

  [Symbol.dispose](): void {
    for (const { reading } of this.#logs) reading[Symbol.dispose]();
  }
}

/** True where an attempt has started, and so its logs were created. */
export function hasStarted(attempt: Attempt | undefined): boolean {
  return attempt?.startedAt !== undefined;
}

function describeBreak(what: Break, path: string): string {
  switch (what.type) {
    case "cut":
      return what.bytes === null
        ? "the log was cut here, and some of what follows may have been shown before"
        : `${what.bytes} bytes of the log were cut here before they could be shown`;
    case "rewritten":
      return "the log was emptied or rewritten, and begins here";
    case "gone":
      return `the log is gone from "${path}": it was moved or removed`;
    case "replaced":
      return `another file is in the place of the log "${path}", and begins here`;
  }
}

interface Followed {
  readonly id: TaskId;
  attempt: number;
  /** Null before the first read. */
  reader: LogReader | null;
}

/** Opens an output for each log of a task, which writes to stdout with the secrets masked. */
export function maskedOutputs(
  context: Context,
  layout: Layout,
  { task, view }: { readonly task: Task; readonly view: LogView },
): () => ShownLog {
  const mask = maskOf(layout, task, inheritable(context.env));
  return () => shownLog(mask, view, context.outOfJob);
}

/** Follows the output of tasks across attempts; each call of the returned function writes what is new. */
export function followTasks(context: Context, layout: Layout, ids: readonly TaskId[]): () => void {
  const followed = ids.map((id): Followed => ({ id, attempt: 1, reader: null }));
  return () => {
    for (const one of followed) {
      const read = readTask(layout, one.id);
      if (read.ok) followTask(context, layout, { one, task: read.value });
    }
  };
}

function followTask(context: Context, layout: Layout, { one, task }: { one: Followed; task: Task }): void {
  for (;;) {
    // What runs in the foreground is shown byte by byte.
    const view = { collapses: false };
    one.reader ??= new LogReader(layout, {
      task,
      attempt: one.attempt,
      open: maskedOutputs(context, layout, { task, view }),
    });
    one.reader.read(task, context.err);
    const isBehind = one.attempt < task.status.attempt;
    if (isBehind || isTerminal(task.status.state)) one.reader.end();
    if (!isBehind) return;
    one.reader[Symbol.dispose]();
    one.reader = null;
    one.attempt += 1;
    context.err(`--- ${one.id}, attempt ${one.attempt} ---\n`);
  }
}
