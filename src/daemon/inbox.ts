import { mkdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Defaults } from "../intake/candidate.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { type Finding, type InboxMemory, NO_MEMORY, scanInbox } from "../intake/inbox.ts";
import { readSubmission } from "../intake/submission.ts";
import { readTaskFile } from "../intake/task-text.ts";
import { printable } from "../lib/printable.ts";
import { err, type Result } from "../lib/result.ts";
import { type ErrorCode, type Problem, problem } from "../model/errors.ts";
import { nameFrom } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { incomingBatches, newBatch } from "../store/batch.ts";
import { fileRejected, putBack, takeFile, takenFiles } from "../store/inbox-files.ts";
import { onDisk } from "../store/trouble.ts";
import { enqueue } from "./enqueue.ts";
import type { Holder } from "./holder.ts";
import { inboxTrust } from "./inbox-trust.ts";

/** Where files are taken from, and on whose behalf what they ask for is queued. */
export interface InboxOptions {
  readonly directories: readonly string[];
  readonly defaults?: Defaults;
  /** Jobs of the inbox run in the user's home directory, with the supervisor's environment. */
  readonly userHome: string;
}

/** A file that was taken and not accepted is given back after this long. */
const GIVE_BACK_MS = 100;

/** What no other day will mend: the file is refused. All else is trouble with the disk, and the file waits. */
const FAULTS_OF_FILES: ReadonlySet<ErrorCode> = new Set([
  "INVALID_TASK_FILE",
  "INVALID_DEPENDENCY",
  "UNPLACEABLE",
  "QUEUE_FULL",
]);

/** Opens the inboxes of a home; each call of the result looks once, and gives when to look again in ms, or null. */
export function openInboxes(holder: Holder, options: InboxOptions): () => number | null {
  const memories = new Map<string, InboxMemory>();
  const told = new Set<string>();
  const second = new Set<string>();
  const isTrusted = inboxTrust(holder);
  const owed = new Set(
    options.directories.filter(isTrusted).flatMap((directory) => reopen(holder, directory)),
  );
  return () => {
    let againInMs: number | null = null;
    for (const taken of owed) {
      putBack(taken);
      owed.delete(taken);
    }
    for (const directory of options.directories.filter(isTrusted)) {
      const nowMs = holder.options.clock.now();
      const look = scanInbox(directory, { memory: memories.get(directory) ?? NO_MEMORY, nowMs });
      memories.set(directory, look.memory);
      for (const finding of look.findings)
        handle(holder, { directory, finding, options, told, owed, second });
      if (look.againInMs !== null) againInMs = Math.min(againInMs ?? look.againInMs, look.againInMs);
    }
    // What is to be given back is still to come.
    return owed.size === 0 ? againInMs : Math.min(againInMs ?? GIVE_BACK_MS, GIVE_BACK_MS);
  };
}

/** What an earlier supervisor had taken and not yet accepted; what it had accepted is filed by now. */
function reopen(holder: Holder, directory: string): string[] {
  const { say } = holder.options;
  const opened = onDisk(`open the inbox "${directory}"`, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return takenFiles(directory);
  });
  if (!opened.ok) say(opened.error.message);
  const taken = opened.ok ? opened.value : [];
  for (const path of taken)
    say(`${basename(path)}: was taken and not accepted before a crash, it is read again`);
  return taken;
}

interface Handled {
  readonly directory: string;
  readonly finding: Finding;
  readonly options: InboxOptions;
  /** Files that cannot be taken, each told of once. */
  readonly told: Set<string>;
  /** Files that were taken and are to be given back once the disk takes writes again. */
  readonly owed: Set<string>;
  /** Files that are read once more, because what they wait for may have been dropped together with them. */
  readonly second: Set<string>;
}

function handle(holder: Holder, { directory, finding, options, told, owed, second }: Handled): void {
  const { file, verdict, reason } = finding;
  const path = join(directory, file);
  if (verdict === "wait") return;
  if (verdict === "ignore") return holder.options.say(`${path} is left alone: ${reason}`);
  const batch = newBatch();
  const taken = onDisk(`take ${path}`, () => takeFile(directory, { file, batch }));
  if (!taken.ok) return tellOnce(holder, { path, problem: taken.error, told });
  if (taken.value === null) return;
  told.delete(path);
  const accepted =
    verdict === "refuse"
      ? err(refusal(file, reason))
      : queue(holder, { taken: taken.value, file, directory, batch, options });
  const isSecond = second.delete(path);
  // What was queued now may be what others wait for.
  if (accepted.ok) return second.clear();
  const { code, message, hint } = accepted.error;
  if (code === "INVALID_DEPENDENCY" && !isSecond) {
    second.add(path);
    owed.add(taken.value);
    return;
  }
  if (!FAULTS_OF_FILES.has(code)) {
    // Committed before the disk refused to sync it, the batch counts: read again, the file would be queued twice.
    if (!incomingBatches(holder.options.layout).includes(batch)) owed.add(taken.value);
    return holder.meet(accepted.error);
  }
  const { value } = taken;
  const toldIn = onDisk("refuse it", () =>
    fileRejected(value, printable(`${message}\n${hint === undefined ? "" : `${hint}\n`}`)),
  );
  // Not on its shelf, it is read again at the next start.
  holder.options.say(
    toldIn.ok
      ? `${path} was refused, the reason is in ${toldIn.value}`
      : `${path} was refused: ${message}; ${toldIn.error.message}`,
  );
}

/** A name that is too long, a folder that is not ours to write: nothing that the queue should wait for. It is tried again. */
function tellOnce(
  holder: Holder,
  { path, problem: found, told }: { path: string; problem: Problem; told: Set<string> },
): void {
  if (found.code === "DISK_FULL") return holder.meet(found);
  if (told.has(path)) return;
  told.add(path);
  holder.options.say(`${path} is left alone: ${found.message}`);
}

/** A file by the name that it had in its inbox. */
interface InboxFile {
  readonly file: string;
  readonly directory: string;
  readonly options: InboxOptions;
}

function queue(
  holder: Holder,
  { taken, batch, ...read }: InboxFile & { taken: string; batch: string },
): Result<Task[], Problem> {
  const { clock, layout, actor, means } = holder.options;
  const drafts = readTaken(taken, { ...read, nowMs: clock.now() });
  if (!drafts.ok) return drafts;
  const { machine } = holder;
  return enqueue(layout, drafts.value, {
    batch,
    taken,
    clock,
    machine,
    controllers: means().controllers,
    createdBy: actor,
    source: "inbox",
  });
}

function readTaken(
  taken: string,
  { file, directory, options, nowMs }: InboxFile & { nowMs: number },
): Result<Draft[], Problem> {
  const text = readTaskFile(taken);
  if (!text.ok) return err(refusal(file, text.error));
  const read = readSubmission(text.value, {
    file,
    defaultCwd: options.userHome,
    home: options.userHome,
    defaultName: nameFrom(basename(file, extname(file))),
    dataFolder: directory,
    nowMs,
    ...(options.defaults !== undefined && { defaults: options.defaults }),
  });
  if (read.ok) return read;
  return err(refusal(file, `nothing of it was queued\n\n${read.error.map(renderDiagnostic).join("\n\n")}`));
}

function refusal(file: string, reason: string | undefined): Problem {
  return problem("INVALID_TASK_FILE", `Cannot queue "${file}": ${reason ?? "it is no task file"}`);
}
