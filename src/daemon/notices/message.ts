import type { Notice } from "../../model/notice.ts";

/** The body of a webhook: the notice without the fields of its delivery. */
export function bodyOf({ id, event, at, runId, task, counts, logTail }: Notice): string {
  return JSON.stringify({ id, event, at, runId, task, ...(counts !== undefined && { counts }), logTail });
}

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 over the time, a dot and the body, so that a recorded message cannot be replayed later. */
export function signatureOf(body: string, { secret, atMs }: { secret: string; atMs: number }): string {
  const seconds = Math.floor(atMs / 1_000);
  const hex = new Bun.CryptoHasher("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${hex}`;
}

/** The address of a ping in the scheme of healthchecks.io: /start, no suffix, /fail or the exit code, and the run id as `rid`. */
export function pingAddress(url: string, { event, task, runId, counts }: Notice): string {
  const address = new URL(url);
  const isFailure = event === "failure" || event === "deadLetter" || (counts?.failed ?? 0) > 0;
  const { exitCode } = task;
  // A failure may have the exit code 0, which would mean success there.
  const code =
    counts === undefined && exitCode !== null && exitCode > 0 && exitCode < 256 ? exitCode : "fail";
  const ending = event === "start" ? "start" : isFailure ? String(code) : null;
  if (ending !== null) address.pathname = `${address.pathname.replace(/\/$/, "")}/${ending}`;
  address.searchParams.set("rid", runId);
  return address.toString();
}

/** The variables of a notice command; a missing value is empty. */
export function variablesOf(notice: Notice, home: string): Record<string, string> {
  const { task, counts } = notice;
  const texts = {
    STINT_HOME: home,
    STINT_EVENT: notice.event,
    STINT_NOTICE_ID: notice.id,
    STINT_RUN_ID: notice.runId,
    STINT_TASK_ID: task.id,
    STINT_TASK_NAME: task.name,
    STINT_STATE: task.state,
    STINT_REASON: task.reason,
    STINT_FAILURE_CODE: task.failureCode,
    STINT_ERROR: task.error,
    STINT_EXIT_CODE: task.exitCode,
    STINT_SIGNAL: task.signal,
    STINT_ATTEMPT: task.attempt,
    STINT_DURATION_MS: task.durationMs,
    STINT_LOG: task.logPath,
    STINT_BATCH: task.batch,
    STINT_BATCH_TOTAL: counts?.total,
    STINT_BATCH_COMPLETED: counts?.completed,
    STINT_BATCH_FAILED: counts?.failed,
    STINT_BATCH_CANCELLED: counts?.cancelled,
  };
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, String(value ?? "")]));
}
