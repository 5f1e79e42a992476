import { closeSync, constants, fstatSync, readSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { maskOf } from "../daemon/jobs/secrets.ts";
import { counted } from "../lib/counted.ts";
import { errnoOf } from "../lib/errno.ts";
import { openRegularFile } from "../lib/regular-file.ts";
import { ok, type Result } from "../lib/result.ts";
import type { LogWindow } from "../model/api/answers.ts";
import { type Problem, rejected } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { outputFiles } from "../run/output.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

/** The bytes of a log that are read before other work has its turn. */
const SLICE_BYTES = 256 * 1_024;

/** Which part of the log of a task is wanted. */
export interface LogAsked {
  /** Default: the last. */
  readonly attempt?: number | undefined;
  /** In bytes of the log as it is shown. */
  readonly offset: number;
  readonly limit: number;
  /** Where stdout and stderr have a log each. */
  readonly stream: "stdout" | "stderr";
}

/** Some of the log of an attempt, with secrets hidden, which changes lengths: offsets are those of the text that is shown. */
export async function logWindow(
  caller: Pick<Caller, "env">,
  layout: Layout,
  { task, asked }: { readonly task: Task; readonly asked: LogAsked },
): Promise<Result<LogWindow, Problem>> {
  const { id, number } = task.metadata;
  const attempt = asked.attempt ?? task.status.attempt;
  if (task.status.attempt === 0)
    return rejected("NOT_FOUND", `Cannot show the log of "${id}": it has not started yet`);
  if (attempt < 1 || attempt > task.status.attempt)
    return rejected(
      "NOT_FOUND",
      `Cannot show attempt ${attempt} of "${id}": it has ${counted(task.status.attempt, "attempt")}`,
    );
  const files = outputFiles(layout.attempt(id, attempt), task.spec.logs.separate);
  const path = (asked.stream === "stderr" ? files.at(1) : files[0]) ?? "";
  if (path === "")
    return rejected("NOT_FOUND", `Cannot show stderr of "${id}": its log has both streams, ask for stdout`);
  const isEnded = task.status.attempts.find((one) => one.number === attempt)?.state !== "running";
  const file = opened(layout, path);
  if (file === null) {
    // It exists once the program has started.
    if (!isEnded) return ok(windowOf(attempt, { offset: 0, bytes: Buffer.alloc(0), isEnded, isAll: false }));
    const hint = `its last lines are on record: stint show ${number}`;
    return rejected("NOT_FOUND", `Cannot show the log of "${id}": it is not there any more`, hint);
  }
  try {
    const mask = maskOf(layout, task, inheritable(caller.env));
    const bytes = await shownBytes(file, { mask, asked, isEnded });
    // It is shorter than the caller knows it: it was cut, or emptied.
    const isRestarted = bytes === null;
    const offset = isRestarted ? 0 : asked.offset;
    const shown =
      bytes ?? (await shownBytes(file, { mask, asked: { ...asked, offset }, isEnded })) ?? Buffer.alloc(0);
    const isAll = shown.length <= asked.limit;
    const kept = shown.subarray(0, asked.limit);
    return ok({ ...windowOf(attempt, { offset, bytes: kept, isEnded, isAll }), isRestarted });
  } finally {
    closeSync(file);
  }
}

/** Null where there is no log of the home: a job may put a link in its place, to any file of its user. */
function opened({ runs }: Layout, path: string): number | null {
  try {
    const isOfHome = realpathSync(path) === join(realpathSync(runs), relative(runs, path));
    return isOfHome ? openRegularFile(path, constants.O_RDONLY | constants.O_NOFOLLOW) : null;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return null;
  }
}

/** The bytes from an offset, and one more than the limit where there are more; null for an offset behind the end. */
async function shownBytes(
  file: number,
  of: {
    readonly mask: ReturnType<typeof maskOf>;
    readonly asked: LogAsked;
    readonly isEnded: boolean;
  },
): Promise<Buffer | null> {
  const { offset, limit } = of.asked;
  const pieces: Buffer[] = [];
  let passed = 0;
  let taken = 0;
  const take = (bytes: Uint8Array): void => {
    const skipped = Math.min(bytes.length, Math.max(0, offset - passed));
    passed += bytes.length;
    const wanted = Buffer.from(bytes.subarray(skipped, skipped + Math.max(0, limit + 1 - taken)));
    taken += wanted.length;
    if (wanted.length > 0) pieces.push(wanted);
  };
  const stream = of.mask.stream(take);
  const { size } = fstatSync(file);
  // Where nothing is hidden, the offset is that of the file.
  const isPlain = stream.write === take;
  let position = isPlain ? Math.min(offset, size) : 0;
  passed = position;
  const buffer = Buffer.allocUnsafe(SLICE_BYTES);
  while (position < size && taken <= limit) {
    const count = readSync(file, buffer, 0, Math.min(buffer.length, size - position), position);
    if (count === 0) break;
    position += count;
    stream.write(buffer.subarray(0, count));
    if (!isPlain) await Bun.sleep(0);
  }
  // While the job runs, the last bytes may be the beginning of a secret: they are held back.
  if (taken <= limit && of.isEnded) stream.end();
  return offset > passed ? null : Buffer.concat(pieces);
}

function windowOf(
  attempt: number,
  of: {
    readonly offset: number;
    readonly bytes: Buffer;
    readonly isEnded: boolean;
    readonly isAll: boolean;
  },
): LogWindow {
  const { offset, bytes, isEnded, isAll } = of;
  const length = isEnded && isAll ? bytes.length : wholeCharacters(bytes);
  const text = bytes.toString("utf8", 0, length);
  return { attempt, offset, next: offset + length, text, isOver: isEnded && isAll, isRestarted: false };
}

/** How many bytes there are without an unfinished character at their end, whose rest is still to come. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
