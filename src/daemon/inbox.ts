import { mkdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Defaults } from "../intake/candidate.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { type Finding, type InboxMemory, NO_MEMORY, scanInbox } from "../intake/inbox.ts";
import { readSubmission } from "../intake/submission.ts";
import { readTaskFile } from "../intake/task-text.ts";
import { err, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { nameFrom } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { newBatch } from "../store/batch.ts";
import { fileRejected, putBack, takeFile, takenFiles } from "../store/inbox-files.ts";
import { onDisk } from "../store/trouble.ts";
import { accept, refuseUnplaceable } from "./accept.ts";
import type { Holder } from "./holder.ts";

/** Where files are taken from, and on whose behalf what they ask for is queued. */
export interface InboxOptions {
  readonly directories: readonly string[];
  readonly defaults?: Defaults;
  /** Jobs of the inbox run in the user's home directory, with the supervisor's environment. */
  readonly userHome: string;
}

/** Opens the inboxes of a home; each call of the result looks once, and gives when to look again in ms, or null. */
export function openInboxes(holder: Holder, options: InboxOptions): () => number | null {
  const memories = new Map<string, InboxMemory>();
  const told = new Set<string>();
  for (const directory of options.directories) reopen(holder, directory);
  return () => {
    let againInMs: number | null = null;
    for (const directory of options.directories) {
      const nowMs = holder.options.clock.now();
      const look = scanInbox(directory, { memory: memories.get(directory) ?? NO_MEMORY, nowMs });
      memories.set(directory, look.memory);
      for (const finding of look.findings) handle(holder, { directory, finding, options, told });
      if (look.againInMs !== null) againInMs = Math.min(againInMs ?? look.againInMs, look.againInMs);
    }
    return againInMs;
  };
}

/** Gives back what an earlier supervisor had taken and not yet accepted; what it had accepted is filed by now. */
function reopen(holder: Holder, directory: string): void {
  onDisk(`open the inbox ${directory}`, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  for (const taken of takenFiles(directory)) {
    putBack(taken);
    holder.options.say(`${basename(taken)}: was taken and not accepted before a crash, it is read again`);
  }
}

interface Handled {
  readonly directory: string;
  readonly finding: Finding;
  readonly options: InboxOptions;
  /** Files that cannot be taken, each told of once. */
  readonly told: Set<string>;
}

function handle(holder: Holder, { directory, finding, options, told }: Handled): void {
  const { file, verdict, reason } = finding;
  const path = join(directory, file);
  if (told.has(path)) return;
  if (verdict === "wait") return;
  if (verdict === "ignore") return holder.options.say(`${path} is left alone: ${reason}`);
  const batch = newBatch();
  const taken = onDisk(`take ${path}`, () => takeFile(directory, { file, batch }));
  if (!taken.ok) return tellOnce(holder, { path, problem: taken.error, told });
  if (taken.value === null) return;
  const accepted =
    verdict === "refuse"
      ? err(refusal(file, reason))
      : queue(holder, { taken: taken.value, file, directory, batch, options });
  if (accepted.ok) return;
  if (accepted.error.code === "DISK_FULL" || accepted.error.code === "WRITE_FAILED") {
    putBack(taken.value);
    return holder.meet(accepted.error);
  }
  const { message, hint } = accepted.error;
  const toldIn = fileRejected(taken.value, `${message}\n${hint === undefined ? "" : `${hint}\n`}`);
  holder.options.say(`${path} was refused, the reason is in ${toldIn}`);
}

/** A name that is too long, a folder that is not ours to write: nothing that the queue should wait for. */
function tellOnce(
  holder: Holder,
  { path, problem: found, told }: { path: string; problem: Problem; told: Set<string> },
): void {
  if (found.code === "DISK_FULL") return holder.meet(found);
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
  const { clock, layout, capacity, actor } = holder.options;
  const drafts = readTaken(taken, { ...read, nowMs: clock.now() });
  if (!drafts.ok) return drafts;
  const placeable = refuseUnplaceable(drafts.value, capacity);
  if (!placeable.ok) return placeable;
  return accept(layout, drafts.value, { batch, taken, clock, createdBy: actor, source: "inbox" });
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
