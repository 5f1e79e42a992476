import { existsSync } from "node:fs";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { inheritable } from "../desk/inheritable.ts";
import { asLines } from "../lib/printable.ts";
import { unreachable } from "../lib/unreachable.ts";
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

/** Where the log files of an attempt are put. */
function logPaths(layout: Layout, task: Task, attempt: number): string[] {
  return outputFiles(layout.attempt(task.metadata.id, attempt), task.spec.logs.separate);
}

/** The log files of an attempt that are there. */
export function logFiles(layout: Layout, task: Task, attempt: number): string[] {
  return logPaths(layout, task, attempt).filter((path) => existsSync(path));
}

/** Where the output of a task goes, and what is said of it. */
interface FollowSink {
  readonly output: MaskedStream;
  readonly say: (line: string) => void;
}

/** Reads the logs of one attempt as they grow. */
export class LogReader implements Disposable {
  readonly #logs: readonly { readonly path: string; readonly reading: LogReading }[];
  readonly #attempt: number;

  constructor(layout: Layout, task: Task, attempt: number) {
    const keeping = { maxBytes: task.spec.logs.maxBytes, isRefilled: containerOf(task.spec.kind) !== null };
    this.#logs = logPaths(layout, task, attempt).map((path) => ({
      path,
      reading: new LogReading(path, keeping),
    }));
    this.#attempt = attempt;
  }

  /** Passes on what is new, or some of it, and says what became of the logs meanwhile; gives how many bytes were new. */
  read(task: Task, { output, say }: FollowSink): number {
    const attempt = task.status.attempts.find(({ number }) => number === this.#attempt);
    const look = {
      isExpected: hasStarted(attempt),
      isOver: attempt !== undefined && attempt.state !== "running",
    };
    let total = 0;
    for (const { path, reading } of this.#logs) {
      const onBreak = (what: Break): void => {
        output.end();
        say(asLines([`--- ${describeBreak(what, path)} ---`]));
      };
      total += reading.read({ write: output.write, onBreak }, look);
    }
    return total;
  }

  /** True where there is more to read once a cut is done. */
  get isWaiting(): boolean {
    return this.#logs.some(({ reading }) => reading.isWaiting);
  }

  [Symbol.dispose](): void {
    for (const { reading } of this.#logs) reading[Symbol.dispose]();
  }
}

/** Its logs were made before its process was. */
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
      return "the log was emptied or written anew, and begins here";
    case "gone":
      return `the log is gone from "${path}": it was moved or removed`;
    case "replaced":
      return `another file is in the place of the log "${path}", and begins here`;
    default:
      return unreachable(what);
  }
}

interface Followed {
  readonly id: TaskId;
  attempt: number;
  /** Null until its record is there. */
  reader: LogReader | null;
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
  return maskOf(layout, task, inheritable(context.env)).stream(context.outOfJob);
}

/** Passes on the output of tasks as it grows, across attempts; the returned function does one look. */
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
    one.reader ??= new LogReader(layout, task, one.attempt);
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
