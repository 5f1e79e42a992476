import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { type Reply, type Request, reply, request } from "../model/request.ts";
import { replaceFile, replaceSynced } from "./durable.ts";
import { isMissing } from "./fs-errors.ts";
import { type Layout, REPLY_ENDING } from "./layout.ts";
import { type QuarantineEntry, quarantine } from "./quarantine.ts";

/** The requester of an older reply has ended. */
const MAX_REPLY_AGE_MS = 60_000;

/** Posts a request to the supervisor; it survives a crash of either side. */
export function postRequest(layout: Layout, wanted: Omit<Request, "id">): Request {
  const posted: Request = { id: uuid(), ...wanted };
  replaceSynced(layout.request(posted.id), `${JSON.stringify(posted)}\n`, layout.tmp);
  return posted;
}

/** Withdraws a request that has no reply yet. */
export function withdrawRequest(layout: Layout, id: string): void {
  rmSync(layout.request(id), { force: true });
}

/** Reads and removes the reply to a request; null while there is none. */
export function fetchReply(layout: Layout, id: string): Reply | null {
  const path = layout.reply(id);
  try {
    const found = parseJson(reply, readRegularFile(path));
    failpoint("request:fetched");
    if (found !== null) rmSync(path, { force: true });
    return found;
  } catch {
    return null;
  }
}

/** The names of the requests that wait, oldest first. */
export function requestNames(layout: Layout): string[] {
  return readdirSync(layout.requests)
    .filter((name) => name.endsWith(".json") && !name.endsWith(REPLY_ENDING))
    .sort();
}

/** A larger file is no request of stint: requests for many tasks are split. */
const MAX_REQUEST_BYTES = 64 * 1_024 * 1_024;

/** The bytes of a request, by its name; 0 where it is gone or no regular file. */
export function requestBytes(layout: Layout, name: string): number {
  const stat = lstatSync(join(layout.requests, name), { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : 0;
}

/** Reads a request by its name; null where it is gone. An invalid one is quarantined: otherwise it would be read for ever. */
export function takeRequest(layout: Layout, name: string, findings: QuarantineEntry[] = []): Request | null {
  const path = join(layout.requests, name);
  const bytes = requestBytes(layout, name);
  const text = bytes > 0 && bytes <= MAX_REQUEST_BYTES ? unlessRefused(() => readRegularFile(path), "") : "";
  const parsed = parseJson(request, text);
  // A reply goes by the id, so a request under another name would never be removed.
  if (parsed !== null && name === `${parsed.id}.json`) return parsed;
  // One that was withdrawn meanwhile is gone.
  isMissing(() => findings.push(quarantine(path, "it is not a request")));
  return null;
}

/** Replies to a request and removes it. The reply comes first: after a crash in between, the request is carried out again. */
export function answerRequest(layout: Layout, answer: Reply): void {
  failpoint("request:carried-out");
  replaceFile(layout.reply(answer.id), `${JSON.stringify(answer)}\n`, layout.tmp);
  failpoint("request:replied");
  rmSync(layout.request(answer.id), { force: true });
  failpoint("request:removed");
}

/** Removes replies that were not fetched. */
export function dropOldReplies(layout: Layout, nowMs: number): void {
  for (const name of readdirSync(layout.requests)) {
    const path = join(layout.requests, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (name.endsWith(REPLY_ENDING) && stat?.isFile() && nowMs - stat.mtimeMs > MAX_REPLY_AGE_MS)
      rmSync(path, { force: true });
  }
}
