import { lstatSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { inboxFault } from "../daemon/admit/inbox-trust.ts";
import { scheduleViews } from "../desk/schedules.ts";
import { readSettings } from "../desk/settings.ts";
import { silenceLines } from "../desk/text/silence.ts";
import type { Settings } from "../intake/default-settings.ts";
import { formatBytes } from "../lib/bytes.ts";
import { counted } from "../lib/counted.ts";
import { localTime } from "../lib/local-time.ts";
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
import { Layout } from "../store/layout.ts";
import { lockFault } from "../store/lock.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { idsIn } from "../store/reader.ts";
import { silenceOf } from "../store/silence.ts";
import type { Context } from "./context.ts";
import { checkControl, checkSettings } from "./doctor-control.ts";
import { checkEngines } from "./doctor-engines.ts";
import { checkInbox } from "./doctor-inbox.ts";
import { checkNotices } from "./doctor-notices.ts";
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

/** Less free space than this may not hold the logs of a night. */
const LOW_DISK_BYTES = 1_024 * 1_024 * 1_024;

/** Checks the machine and a home; changes nothing but a probe file, which it removes. */
export async function runChecks(context: Context, path: string): Promise<Check[]> {
  const home = openHome(path);
  const tools = [
    checkTool("sh", { isNeeded: true }),
    checkTool("python3", { isNeeded: false }),
    checkTool("bash", { isNeeded: false }),
    ...checkLimits(context),
    ...checked(() => checkEngines(context)),
  ];
  if (!home.ok) {
    const isMissing = home.error.code === "HOME_MISSING";
    return [
      {
        verdict: isMissing ? "warn" : "fail",
        what: home.error.message,
        ...(home.error.hint !== undefined && { fix: home.error.hint }),
      },
      // The settings may be written before the home is made.
      ...(isMissing ? await settingsOfNewHome(context, new Layout(path)) : []),
      ...tools,
    ];
  }
  const layout = home.value;
  const settings = await readSettings(context, layout);
  const listings = new Listings(layout);
  const progress = context.progress();
  const { onProgress } = progress;
  const checks = [
    { verdict: "ok" as const, what: `home ${layout.home}` },
    ...[
      () => checkMode(layout),
      () => checkOthers(layout, settings),
      () => checkWrite(layout),
      () => checkRoom(layout),
      () => checkSettings(settings, layout),
      () => checkControl(layout, context.clock.now()),
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
    ].flatMap(checked),
    ...tools,
  ];
  progress.clear();
  return checks;
}

async function settingsOfNewHome(context: Context, layout: Layout): Promise<Check[]> {
  return checkSettings(await readSettings(context, layout), layout);
}

/** Runs a check; an error of the system is its result. */
function checked(check: () => Check | Check[]): Check[] {
  const found = tryFs("check the home", check);
  if (found.ok) return [found.value].flat();
  const { message, hint } = found.error;
  return [{ verdict: "fail", what: message, ...(hint !== undefined && { fix: hint }) }];
}

function checkTool(name: string, { isNeeded }: { isNeeded: boolean }): Check {
  const found = Bun.which(name);
  if (found !== null) return { verdict: "ok", what: `${name} is ${found}` };
  if (isNeeded)
    return {
      verdict: "fail",
      what: `${name} is not in PATH: no job can start`,
      fix: "install a POSIX shell, or add its folder to PATH",
    };
  return {
    verdict: "warn",
    what: `${name} is not in PATH: scripts with runtime: ${name.replace("3", "")} would fail`,
    fix: `install ${name} if you need it`,
  };
}

function checkLimits(context: Context): Check[] {
  const backend = detectLimitBackend(thisMachine(context.env));
  const advice = adviceFor(backend);
  const limits: Check = {
    verdict: advice === null ? "ok" : "warn",
    what: describeLimitBackend(backend),
    ...(advice !== null && { fix: advice }),
  };
  if (jobGroupBase(backend) !== null) return [limits];
  const what =
    "no control group can be created for a job: processes that detach from it and clear their environment may outlive it";
  const fix = "run the supervisor where it may create control groups, as with `stint service install`";
  return [limits, { verdict: "warn", what, fix }];
}

/** Reports limits that the supervisor was started with, and that its jobs inherit. */
function checkInherited(layout: Layout): Check[] {
  const owner = lockOwner(layout);
  const inherited = owner === null ? [] : inheritedFrom(owner.pid);
  if (inherited.length === 0) return [];
  const fix = "start it from a shell without them, or as a service: stint service install";
  return [{ verdict: "warn", what: `jobs inherit from the supervisor: ${inherited.join(", ")}`, fix }];
}

function checkMode(layout: Layout): Check {
  const mode = lstatSync(layout.home).mode & 0o777;
  if ((mode & 0o077) === 0) return { verdict: "ok", what: "only you can read the home" };
  return {
    verdict: "fail",
    what: `other users can read the home (mode ${mode.toString(8)})`,
    fix: `chmod 700 ${layout.home}`,
  };
}

function checkOthers(layout: Layout, settings: Result<Settings, Problem>): Check[] {
  const inboxes = settings.ok ? settings.value.inboxes : [];
  const home = othersInHome(layout);
  const checks: Check[] = inboxes.flatMap((directory) => {
    const fault = inboxFault(directory);
    return fault === null
      ? []
      : [
          {
            verdict: "fail",
            what: `the inbox "${directory}" is left alone: ${fault}`,
            fix: "correct the folder, or its entry in config.yaml",
          },
        ];
  });
  return home === null
    ? checks
    : [
        { verdict: "fail", what: home.message, ...(home.hint !== undefined && { fix: home.hint }) },
        ...checks,
      ];
}

function checkWrite(layout: Layout): Check {
  const probe = join(layout.tmp, `probe.${uuid()}`);
  const wrote = tryFs("write to the home", () => createFile(probe, " ".repeat(4_096)));
  // Also after a failed write; a read-only file system refuses to remove even a missing file.
  tryFs("remove the probe", () => rmSync(probe, { force: true }));
  if (wrote.ok) return { verdict: "ok", what: "the home is writable" };
  return {
    verdict: "fail",
    what: wrote.error.message,
    ...(wrote.error.hint !== undefined && { fix: wrote.error.hint }),
  };
}

function checkRoom(layout: Layout): Check {
  const { bavail, bsize } = statfsSync(layout.home);
  const free = bavail * bsize;
  const what = `${formatBytes(free)} free on the file system of the home`;
  return free >= LOW_DISK_BYTES
    ? { verdict: "ok", what }
    : { verdict: "fail", what, fix: "remove old runs: stint clean --older-than 1d" };
}

function checkSupervisor(context: Context, layout: Layout): Check {
  const owner = lockOwner(layout);
  const nowMs = context.clock.now();
  const silence = silenceOf(layout, owner, nowMs);
  if (silence !== null) {
    const [what, fix] = silenceLines(silence, nowMs);
    return { verdict: "fail", what, fix };
  }
  const diskFault = diskFaultOf(layout);
  if (owner !== null && diskFault !== null) {
    const what = `stint ${owner.role} with pid ${owner.pid} cannot start jobs: ${diskFault}`;
    return { verdict: "fail", what, fix: "fix that; the supervisor keeps trying" };
  }
  if (owner !== null)
    return {
      verdict: "ok",
      what: `stint ${owner.role} with pid ${owner.pid} is running since ${localTime(owner.since, nowMs)}`,
    };
  const fault = lockFault(layout);
  if (fault !== null)
    return { verdict: "fail", what: fault.message, ...(fault.hint !== undefined && { fix: fault.hint }) };
  const waiting = idsIn(layout, "pending").length;
  if (waiting === 0) return { verdict: "ok", what: "no supervisor is running, and nothing waits for one" };
  return {
    verdict: "warn",
    what: `${counted(waiting, "task is", "tasks are")} queued and no supervisor is running`,
    fix: "start one: stint up --detach",
  };
}

function checkSchedules(context: Context, layout: Layout, settings: Result<Settings, Problem>): Check[] {
  if (!settings.ok) return [];
  const views = scheduleViews(context, layout, settings.value);
  const checks: Check[] = views.flatMap(({ name, path, faults, problem }) => {
    const what = faults ?? problem;
    if (what === null) return [];
    return [
      {
        verdict: "fail",
        what: `the schedule ${name}: ${faults === null ? "its next firing would queue nothing" : "it does not fire"}`,
        // The faults of a file are several lines.
        fix: `${what}\ncorrect ${path}, or remove it: stint schedules rm ${name}`,
      },
    ];
  });
  if (views.length > 0 && lockOwner(layout) === null)
    checks.push({
      verdict: "warn",
      what: `${counted(views.length, "schedule")}, but no supervisor is running: none fires`,
      fix: "start one: stint up --detach (a drain fires only what is due when it starts)",
    });
  return checks;
}

function checkAudit(layout: Layout): Check {
  const verified = verifyAudit(layout, { isQuick: true });
  if (verified.ok)
    return { verdict: "ok", what: `the audit log is intact (${counted(verified.value.lines, "line")})` };
  return {
    verdict: "fail",
    what: verified.error.message,
    ...(verified.error.hint !== undefined && { fix: verified.error.hint }),
  };
}
