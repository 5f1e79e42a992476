import { lstatSync } from "node:fs";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { type Attempt, failureOfAttempt } from "../model/attempt.ts";
import type { Task } from "../model/task.ts";
import { readTail } from "../run/log.ts";
import { outputFiles } from "../run/output.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

const LINES = 5;

/** What an attempt wrote last, and when: a job that hangs has been silent since. */
export interface LastOutput {
  /** In ms since the epoch; null where it has written nothing. */
  readonly atMs: number | null;
  /** A few, without blank ones and with secrets hidden. */
  readonly lines: readonly string[];
}

/** The last output of a running job, or of one that its timeout has ended; null for all others, and where its log is gone. */
export function lastOutputOf(caller: Pick<Caller, "env">, layout: Layout, task: Task): LastOutput | null {
  const last = task.status.attempts.at(-1);
  if (last === undefined || !mayHang(task, last)) return null;
  const paths = outputFiles(layout.attempt(task.metadata.id, last.number), task.spec.logs.separate);
  const written = paths.flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true ? [stat] : [];
  });
  if (written.length === 0) return null;
  const used = written.filter(({ size }) => size > 0);
  if (used.length === 0) return { atMs: null, lines: [] };
  const { text } = readTail(paths, (read) => maskOf(layout, task, inheritable(caller.env)).text(read));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return { atMs: Math.max(...used.map(({ mtimeMs }) => mtimeMs)), lines: lines.slice(-LINES) };
}

function mayHang({ status }: Task, last: Attempt): boolean {
  if (status.state === "running") return true;
  return last.state !== "running" && failureOfAttempt(last)?.code === "TIMEOUT";
}
