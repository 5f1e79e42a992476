import { join } from "node:path";
import { counted } from "../lib/counted.ts";
import type { Layout } from "../store/layout.ts";
import { givenUpNames, noticeNames, readNotice, readNotices } from "../store/notices.ts";
import { type Check, fails, warns } from "./check.ts";

/** Reports notices that could not be delivered. */
export function checkNotices(layout: Layout): Check[] {
  const unread = noticeNames(layout).filter((name) => readNotice(join(layout.notices, name)) === null);
  const failing = readNotices(layout).filter(({ tries }) => tries > 0);
  const givenUp = givenUpNames(layout);
  const [first] = failing;
  const last = givenUp.at(-1);
  const lastError = last === undefined ? null : readNotice(join(layout.noticesGivenUp, last));
  const checks: Check[] = [];
  if (unread.length > 0) {
    const what = `${counted(unread.length, "file in", "files in")} ${layout.notices} cannot be read as notices: ${unread[0]}`;
    checks.push(warns(what, "inspect them, then remove them"));
  }
  if (first !== undefined) {
    const what = `${counted(failing.length, "notice is", "notices are")} not delivered yet, the first for ${first.task.id}: ${first.lastError ?? ""}`;
    checks.push(warns(what, "a supervisor keeps trying"));
  }
  if (givenUp.length > 0) {
    const what = `${counted(givenUp.length, "notice was", "notices were")} given up, the last: ${lastError?.lastError ?? "unknown"}`;
    const fix = `repair the receiver; to send them again, move them from ${layout.noticesGivenUp} to ${layout.notices} and start the supervisor again, else remove them`;
    checks.push(fails(what, fix));
  }
  return checks;
}
