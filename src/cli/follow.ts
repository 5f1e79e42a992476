import { existsSync } from "node:fs";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { inheritable } from "../desk/inheritable.ts";
import { asLines } from "../lib/printable.ts";
import type { Attempt } from "../model/attempt.ts";
import type { TaskId } from "../model/identity.ts";
import { containerOf } from "../model/kind.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { type Break, LogReading } from "../run/log-reading.ts";
import type { MaskedStream } from "../run/mask.ts";
import { outputFiles } from "../run/output.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { LastLines } from "./last-lines.ts";

function logPaths(layout: Layout, task: Task, attempt: number): string[] {
  return outputFiles(layout.attempt(task.metadata.id, attempt), task.spec.logs.separate);
}

/** The log files of an attempt that exist. */
export function logFiles(layout: Layout, task: Task, attempt: number): string[] {
  return logPaths(layout, task, attempt).filter((path) => existsSync(path));
}

/** Where the output of a task is written, and remarks on it. */
interface FollowSink {
  readonly output: MaskedStream;
  readonly say: (line: string) => void;
}

/** Reads the logs of one attempt as they grow. */
export class LogReader implements Disposable {
  readonly #logs: readonly {
    readonly path: string;
    readonly reading: LogReading;
    readonly lines: LastLines | null;
  }[];
  readonly #attempt: number;

  /** With `tail`, what each log has now is passed on as its last lines alone. */
  constructor(
    layout: Layout,
    { task, attempt, tail }: { task: Task; attempt: number; tail?: number | undefined },
  ) {
    const keeping = { maxBytes: task.spec.logs.maxBytes, isRefilled: containerOf(task.spec.kind) !== null };
    this.#logs = logPaths(layout, task, attempt).map((path) => ({
      path,
      reading: new LogReading(path, keeping),
      lines: tail === undefined ? null : new LastLines(path, tail),
    }));
    this.#attempt = attempt;
  }

  /** Writes new output, possibly not all of it, and reports cuts and replaced logs; returns the number of new bytes. */
  read(task: Task, { output, say }: FollowSink): number {
    const attempt = task.status.attempts.find(({ number }) => number === this.#attempt);
    const expected = {
      isExpected: hasStarted(attempt),
      isOver: attempt !== undefined && attempt.state !== "running",
    };
    let total = 0;
    for (const { path, reading, lines } of this.#logs) {
      const onBreak = (what: Break): void => {
        if (lines !== null) output.write(lines.end());
        output.end();
        say(asLines([`--- ${describeBreak(what, path)} ---`]));
      };
      const write = (bytes: Uint8Array): void => output.write(lines?.next(bytes) ?? bytes);
      const bytes = reading.read({ write, onBreak }, expected);
      if (bytes === 0 && lines !== null) output.write(lines.end());
      total += bytes;
    }
    return total;
  }

  /** True where more can be read once a cut is finished. */
  get isWaiting(): boolean {
    return this.#logs.some(({ reading }) => reading.isWaiting);
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
  output: MaskedStream | null;
}

/** Writes the output of a task to stdout, its secrets masked. */
export function maskedOutput(context: Context, layout: Layout, task: Task): MaskedStream {
  return maskOf(layout, task, inheritable(context.env)).stream(context.outOfJob);
}

/** Follows the output of tasks across attempts; each call of the returned function writes what is new. */
export function followTasks(context: Context, layout: Layout, ids: readonly TaskId[]): () => void {
  const followed = ids.map((id): Followed => ({ id, attempt: 1, reader: null, output: null }));
  return () => {
    for (const one of followed) {
      const read = readTask(layout, one.id);
      if (read.ok) followTask(context, layout, { one, task: read.value });
    }
  };
}

function followTask(context: Context, layout: Layout, { one, task }: { one: Followed; task: Task }): void {
  for (;;) {
    one.output ??= maskedOutput(context, layout, task);
    one.reader ??= new LogReader(layout, { task, attempt: one.attempt });
    one.reader.read(task, { output: one.output, say: context.err });
    const isBehind = one.attempt < task.status.attempt;
    if (isBehind || isTerminal(task.status.state)) one.output.end();
    if (!isBehind) return;
    one.reader[Symbol.dispose]();
    one.reader = null;
    one.attempt += 1;
    context.err(`--- ${one.id}, attempt ${one.attempt} ---\n`);
  }
}
