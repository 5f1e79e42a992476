import { lstatSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { inboxFault } from "../daemon/admit/inbox-trust.ts";
import { scheduleViews } from "../desk/schedules.ts";
import { readSettings } from "../desk/settings.ts";
import { silenceLines } from "../desk/text/silence.ts";
import type { Settings } from "../intake/default-settings.ts";
import { formatBytes } from "../lib/bytes.ts";
import { uuid } from "../lib/random.ts";
import type { Result } from "../lib/result.ts";
import { inheritedFrom } from "../machine/inherited.ts";
import { detectLimitBackend, jobGroupBase, thisMachine } from "../machine/limit-backend.ts";
import { adviceFor, describeLimitBackend } from "../machine/limits.ts";
import type { Problem } from "../model/errors.ts";
import { PLACES } from "../model/state.ts";
import { verifyAudit } from "../store/audit-chain.ts";
import { diskFaultOf } from "../store/disk-fault.ts";
import { createFile } from "../store/durable.ts";
import { tryFs } from "../store/fs-errors.ts";
import { openHome, othersInHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { lockFault } from "../store/lock.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { givenUpNames, noticeNames, readNotice, readNotices } from "../store/notices.ts";
import { idsIn } from "../store/reader.ts";
import { silenceOf } from "../store/silence.ts";
import type { Context } from "./context.ts";
import { checkEngines } from "./doctor-engines.ts";
import { checkInbox } from "./doctor-inbox.ts";
import {
  type Check,
  checkAside,
  checkCopies,
  checkFolder,
  checkNumbers,
  checkRecords,
  checkUnread,
  Listings,
} from "./doctor-records.ts";

/** With less room than this a night of logs does not fit. */
const LOW_DISK_BYTES = 1_024 * 1_024 * 1_024;

/** Looks over the machine and a home; changes nothing but a probe file that it removes. */
export async function runChecks(context: Context, path: string): Promise<Check[]> {
  const home = openHome(path);
  const tools = [
    checkTool("sh", { isNeeded: true }),
    checkTool("python3", { isNeeded: false }),
    checkTool("bash", { isNeeded: false }),
    ...checkLimits(context),
    ...looked(() => checkEngines(context)),
  ];
  if (!home.ok) {
    const verdict = home.error.code === "HOME_MISSING" ? "note" : "bad";
    return [
      { verdict, what: home.error.message, ...(home.error.hint !== undefined && { mend: home.error.hint }) },
      ...tools,
    ];
  }
  const layout = home.value;
  const settings = await readSettings(context, layout);
  const listings = new Listings(layout);
  const progress = context.progress();
  const { onProgress } = progress;
  const checks = [
    { verdict: "fine" as const, what: `home ${layout.home}` },
    ...[
      () => checkMode(layout),
      () => checkOthers(layout, settings),
      () => checkWrite(layout),
      () => checkRoom(layout),
      () => checkSettings(settings),
      () => checkSupervisor(context, layout),
      () => checkInherited(layout),
      ...layout.directories().map((directory) => () => checkFolder(directory)),
      ...PLACES.map((place) => () => checkRecords(layout, { place, listings, onProgress })),
      () => checkCopies(layout, listings),
      () => checkUnread(layout),
      () => checkNumbers(layout),
      () => checkAside(layout),
      () => checkInbox(layout),
      () => checkNotices(layout),
      () => checkSchedules(context, layout, settings),
      () => checkAudit(layout),
    ].flatMap(looked),
    ...tools,
  ];
  progress.clear();
  return checks;
}

/** What the system does not let us look at is what is wrong. */
function looked(look: () => Check | Check[]): Check[] {
  const found = tryFs("look over the home", look);
  if (found.ok) return [found.value].flat();
  const { message, hint } = found.error;
  return [{ verdict: "bad", what: message, ...(hint !== undefined && { mend: hint }) }];
}

function checkTool(name: string, { isNeeded }: { isNeeded: boolean }): Check {
  const found = Bun.which(name);
  if (found !== null) return { verdict: "fine", what: `${name} is ${found}` };
  if (isNeeded) return { verdict: "bad", what: `${name} is not in PATH, and no job starts without it` };
  return { verdict: "note", what: `${name} is not in PATH: scripts with this runtime would fail` };
}

function checkLimits(context: Context): Check[] {
  const means = detectLimitBackend(thisMachine(context.env));
  const advice = adviceFor(means);
  const limits: Check = {
    verdict: advice === null ? "fine" : "note",
    what: describeLimitBackend(means),
    ...(advice !== null && { mend: advice }),
  };
  if (jobGroupBase(means) !== null) return [limits];
  const what =
    "no control group can be made for a job: what it starts in a session of its own with an environment of its own is not found, and may outlive it";
  return [limits, { verdict: "note", what }];
}

/** A supervisor that was started with less gives all its jobs less. */
function checkInherited(layout: Layout): Check[] {
  const owner = lockOwner(layout);
  const inherited = owner === null ? [] : inheritedFrom(owner.pid);
  if (inherited.length === 0) return [];
  const mend = "start it from a shell without them, or as a service: stint service install";
  return [{ verdict: "note", what: `jobs inherit from the supervisor: ${inherited.join(", ")}`, mend }];
}

function checkMode(layout: Layout): Check {
  const mode = lstatSync(layout.home).mode & 0o777;
  if ((mode & 0o077) === 0) return { verdict: "fine", what: "nobody else can read the home" };
  return {
    verdict: "bad",
    what: `the home has mode ${mode.toString(8)}: others can look into it`,
    mend: `chmod 700 ${layout.home}`,
  };
}

function checkOthers(layout: Layout, settings: Result<Settings, Problem>): Check[] {
  const inboxes = settings.ok ? settings.value.inboxes : [];
  const home = othersInHome(layout);
  const checks: Check[] = inboxes.flatMap((directory) => {
    const fault = inboxFault(directory);
    return fault === null
      ? []
      : [{ verdict: "bad", what: `the inbox "${directory}" is left alone: ${fault}` }];
  });
  return home === null
    ? checks
    : [
        { verdict: "bad", what: home.message, ...(home.hint !== undefined && { mend: home.hint }) },
        ...checks,
      ];
}

function checkWrite(layout: Layout): Check {
  const probe = join(layout.tmp, `probe.${uuid()}`);
  const wrote = tryFs("write to the home", () => createFile(probe, " ".repeat(4_096)));
  // Also of a probe that was not whole; a read-only file system refuses the removal of what is not there.
  tryFs("remove the probe", () => rmSync(probe, { force: true }));
  if (wrote.ok) return { verdict: "fine", what: "the home takes writes" };
  return {
    verdict: "bad",
    what: wrote.error.message,
    ...(wrote.error.hint !== undefined && { mend: wrote.error.hint }),
  };
}

function checkRoom(layout: Layout): Check {
  const { bavail, bsize } = statfsSync(layout.home);
  const free = bavail * bsize;
  const what = `${formatBytes(free)} free on the file system of the home`;
  return free >= LOW_DISK_BYTES
    ? { verdict: "fine", what }
    : { verdict: "bad", what, mend: "stint clean --older-than 1d removes old runs" };
}

function checkSettings(settings: Result<Settings, Problem>): Check[] {
  if (settings.ok) return [];
  const { message, faults } = settings.error;
  return [{ verdict: "bad", what: message, ...(faults !== undefined && { mend: faults }) }];
}

function checkSupervisor(context: Context, layout: Layout): Check {
  const owner = lockOwner(layout);
  const nowMs = context.clock.now();
  const silence = silenceOf(layout, owner, nowMs);
  if (silence !== null) {
    const [what, mend] = silenceLines(silence, nowMs);
    return { verdict: "bad", what, mend };
  }
  const obstacle = diskFaultOf(layout);
  if (owner !== null && obstacle !== null) {
    const what = `stint ${owner.role} with pid ${owner.pid} starts nothing new: ${obstacle}`;
    return { verdict: "bad", what, mend: "mend that; it tries again by itself" };
  }
  if (owner !== null)
    return {
      verdict: "fine",
      what: `stint ${owner.role} with pid ${owner.pid} holds the home since ${owner.since}`,
    };
  const fault = lockFault(layout);
  if (fault !== null)
    return { verdict: "bad", what: fault.message, ...(fault.hint !== undefined && { mend: fault.hint }) };
  const waiting = idsIn(layout, "pending").length;
  if (waiting === 0) return { verdict: "fine", what: "no supervisor is up, and nothing waits for one" };
  return {
    verdict: "note",
    what: `${waiting} tasks are queued and no supervisor is up`,
    mend: "stint up --detach",
  };
}

function checkNotices(layout: Layout): Check[] {
  const unread = noticeNames(layout).filter((name) => readNotice(join(layout.notices, name)) === null);
  const failing = readNotices(layout).filter(({ tries }) => tries > 0);
  const givenUp = givenUpNames(layout);
  const [first] = failing;
  const last = givenUp.at(-1);
  const lastError = last === undefined ? null : readNotice(join(layout.noticesGivenUp, last));
  const checks: (Check | null)[] = [
    unread.length === 0
      ? null
      : { verdict: "note", what: `${unread.length} files in ${layout.notices} are no notices: ${unread[0]}` },
    first === undefined
      ? null
      : {
          verdict: "note",
          what: `${failing.length} notices were not taken yet, the first of ${first.task.id}: ${first.lastError ?? ""}`,
          mend: "a supervisor tries them again by itself",
        },
    givenUp.length === 0
      ? null
      : {
          verdict: "bad",
          what: `${givenUp.length} notices were given up, the last: ${lastError?.lastError ?? "unknown"}`,
          mend: `mend the receiver; to send them anew, move them from ${layout.noticesGivenUp} to ${layout.notices} and start the supervisor again, else remove them`,
        },
  ];
  return checks.filter((check) => check !== null);
}

function checkSchedules(context: Context, layout: Layout, settings: Result<Settings, Problem>): Check[] {
  if (!settings.ok) return [];
  const views = scheduleViews(context, layout, settings.value);
  const checks: Check[] = views.flatMap(({ name, path, faults, problem }) => {
    const what = faults ?? problem;
    if (what === null) return [];
    return [
      {
        verdict: "bad",
        what: `the schedule ${name}: ${what}`,
        mend: `mend ${path}, or stint schedules rm ${name}`,
      },
    ];
  });
  if (views.length > 0 && lockOwner(layout) === null)
    checks.push({
      verdict: "note",
      what: `${views.length} schedules, and no supervisor to fire them`,
      mend: "stint up --detach; a drain fires what is due when it begins",
    });
  return checks;
}

function checkAudit(layout: Layout): Check {
  const verified = verifyAudit(layout, { isQuick: true });
  if (verified.ok) return { verdict: "fine", what: `the audit log is whole (${verified.value.lines} lines)` };
  return {
    verdict: "bad",
    what: verified.error.message,
    ...(verified.error.hint !== undefined && { mend: verified.error.hint }),
  };
}
