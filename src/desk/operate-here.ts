import type { RequestedOperation } from "../daemon/requests/each-target.ts";
import { isStopping, operate } from "../daemon/requests/operations.ts";
import { supervise } from "../daemon/supervise.ts";
import { DEFAULT_SETTINGS, type Settings } from "../intake/default-settings.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Answer } from "../model/request.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { holdHome } from "./session.ts";
import { readSettings } from "./settings.ts";

/** Takes the lock, carries out the operations, and releases it. */
export async function operateHere(
  caller: Caller,
  layout: Layout,
  requests: readonly RequestedOperation[],
): Promise<Result<readonly Answer[], Problem>> {
  const progress = caller.progress();
  const opened = await holdHome(caller, layout, {
    role: "command",
    terms: { settings: await settingsOrDefaults(caller, layout), text: null, flags: {} },
    mayClaim: () => false,
    onProgress: progress.onProgress,
  });
  if (!opened.ok) return opened;
  await using session = opened.value;
  const { supervisor } = session;
  const answers: Answer[] = [];
  for (const request of requests) for (const answer of operate(supervisor, request)) answers.push(answer);
  progress.clear();
  // Stays until the jobs that it stops have ended: no other process supervises them.
  await supervise(supervisor, {
    sources: [],
    // Where the disk refuses writes, it says so instead of waiting for the disk.
    isDone: ({ committer, queue }, isQuiet) =>
      (isQuiet || committer.degraded !== null) && !queue.active.some(isStopping),
  });
  // It may be in the journal only: the next lock owner moves the records, and until then no reader sees the change.
  return supervisor.committer.degraded === null ? ok(answers) : err(supervisor.committer.degraded.problem);
}

/** A command works without settings that cannot be read: the supervisor has reported that already. */
async function settingsOrDefaults(caller: Caller, layout: Layout): Promise<Settings> {
  const settings = await readSettings(caller, layout);
  return settings.ok ? settings.value : DEFAULT_SETTINGS;
}
