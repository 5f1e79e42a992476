import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { type InboxMemory, scanInbox } from "../intake/inbox.ts";
import type { Settings } from "../intake/settings.ts";
import { readSubmission } from "../intake/submission.ts";
import { err, type Result } from "../lib/result.ts";
import { nameFrom } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { newBatch } from "../store/batch.ts";
import { fileRejected, putBack, takeFile, takenFiles } from "../store/inbox-files.ts";
import { onDisk } from "../store/trouble.ts";
import { accept, refuseUnplaceable } from "./accept.ts";
import type { Holder } from "./holder.ts";

/** The inboxes of a home, and on whose behalf what lies there is queued. */
export interface Inboxes {
  readonly directories: readonly string[];
  readonly settings: Settings;
  /** Jobs of the inbox run in the user's home directory with the supervisor's environment. */
  readonly userHome: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Gives back what an earlier supervisor had taken and not yet accepted. */
export function reopenInboxes(holder: Holder, { directories }: Inboxes): void {
  for (const taken of directories.flatMap(takenFiles)) {
    putBack(taken);
    holder.options.say(`${basename(taken)}: was taken and not accepted before a crash, read again`);
  }
}
