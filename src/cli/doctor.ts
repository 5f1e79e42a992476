import { lstatSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { inboxFault } from "../daemon/admit/inbox-trust.ts";
import { scheduleViews } from "../desk/schedules.ts";
import { readSettings } from "../desk/settings.ts";
import { silenceLines } from "../desk/text/silence.ts";
import type { Settings } from "../intake/default-settings.ts";
import { formatBytes } from "../lib/bytes.ts";
import { counted } from "../lib/counted.ts";
import { unlessRefused } from "../lib/errno.ts";
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
import { type Check, fails, failsBy, lacks, passes, warns } from "./check.ts";
import type { Context } from "./context.ts";
import { checkControl, checkSettings } from "./doctor-control.ts";
import { checkEngines } from "./doctor-engines.ts";
import { checkInbox } from "./doctor-inbox.ts";
import { homeNeeds, NO_NEEDS } from "./doctor-needs.ts";
import { checkNotices } from "./doctor-notices.ts";
import {
  checkAside,
  checkCopies,
  checkFolder,
  checkLostJobs,
  checkNumbers,
  checkRecords,
  checkUnread,
  listingsOf,
} from "./doctor-records.ts";

/** Less free space than this may not hold the logs of a night. */
const LOW_DISK_BYTES = 1_024 * 1_024 * 1_024;

/** Checks the machine and a home; changes nothing but a probe file, which it removes. */
export async function runChecks(context: Context, path: string): Promise<Check[]> {
  const home = openHome(path);
  const needs = home.ok ? unlessRefused(() => homeNeeds(home.value), NO_NEEDS) : NO_NEEDS;
  const tools = [
    checkShell(),
    checkInterpreter("python3", { isNeeded: needs.interpreters.has("python") }),
    checkInterpreter("bash", { isNeeded: needs.interpreters.has("bash") }),
    ...checkLimits(context),
    ...checked(() => checkEngines(context, needs)),
  ];
  if (!home.ok) {
    if (home.error.code !== "HOME_MISSING") return [failsBy(home.error), ...tools];
    // The settings may be written before the home is made.
    const layout = new Layout(path);
    const settings = checkSettings(await readSettings(context, layout), layout);
    return [warns(`there is no queue at ${path} yet`, home.error.hint), ...settings, ...tools];
  }
  const layout = home.value;
  const settings = await readSettings(context, layout);
  const listings = listingsOf(layout);
  const progress = context.progress();
  const { onProgress } = progress;
  const checks = [
    passes(`home ${layout.home}`),
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
      () => checkLostJobs(layout),
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

/** Runs a check; an error of the system is its result. */
function checked(check: () => Check | Check[]): Check[] {
  const found = tryFs("check the home", check);
  return found.ok ? [found.value].flat() : [failsBy(found.error)];
}

function checkShell(): Check {
  const found = Bun.which("sh");
  return found === null
    ? fails("sh is not in PATH: no job can start", "install a POSIX shell, or add its folder to PATH")
    : passes(`sh is ${found}`);
}

function checkInterpreter(name: string, { isNeeded }: { readonly isNeeded: boolean }): Check {
  const found = Bun.which(name);
  if (found !== null) return passes(`${name} is ${found}`);
  const what = `${name} is not in PATH: scripts with runtime: ${name.replace("3", "")} would fail`;
  return lacks(what, { fix: `install ${name} for such scripts`, isNeeded });
}

function checkLimits(context: Context): Check[] {
  const backend = detectLimitBackend(thisMachine(context.env));
  const advice = adviceFor(backend);
  const described = describeLimitBackend(backend);
  const limits = advice === null ? passes(described) : warns(described, advice);
  if (jobGroupBase(backend) !== null) return [limits];
  const what =
    "no control group can be created for a job: processes that detach from it and clear their environment may outlive it";
  const fix = "run the supervisor where it may create control groups, as with `stint service install`";
  return [limits, warns(what, fix)];
}

/** Reports limits that the supervisor was started with, and that its jobs inherit. */
function checkInherited(layout: Layout): Check[] {
  const owner = lockOwner(layout);
  const inherited = owner === null ? [] : inheritedFrom(owner.pid);
  if (inherited.length === 0) return [];
  const fix = "start it from a shell without them, or as a service: stint service install";
  return [warns(`jobs inherit from the supervisor: ${inherited.join(", ")}`, fix)];
}

function checkMode(layout: Layout): Check {
  const mode = lstatSync(layout.home).mode & 0o777;
  return (mode & 0o077) === 0
    ? passes("only you can read the home")
    : fails(`other users can read the home (mode ${mode.toString(8)})`, `chmod 700 ${layout.home}`);
}

function checkOthers(layout: Layout, settings: Result<Settings, Problem>): Check[] {
  const inboxes = settings.ok ? settings.value.inboxes : [];
  const home = othersInHome(layout);
  const checks = inboxes.flatMap((directory) => {
    const fault = inboxFault(directory);
    if (fault === null) return [];
    const fix = "correct the folder, or its entry in config.yaml";
    return [fails(`the inbox "${directory}" is left alone: ${fault}`, fix)];
  });
  return home === null ? checks : [failsBy(home), ...checks];
}

function checkWrite(layout: Layout): Check {
  const probe = join(layout.tmp, `probe.${uuid()}`);
  const wrote = tryFs("write to the home", () => createFile(probe, " ".repeat(4_096)));
  // Also after a failed write; a read-only file system refuses to remove even a missing file.
  tryFs("remove the probe", () => rmSync(probe, { force: true }));
  return wrote.ok ? passes("the home is writable") : failsBy(wrote.error);
}

function checkRoom(layout: Layout): Check {
  const { bavail, bsize } = statfsSync(layout.home);
  const free = bavail * bsize;
  const what = `${formatBytes(free)} free on the file system of the home`;
  return free >= LOW_DISK_BYTES ? passes(what) : fails(what, "remove old runs: stint clean --older-than 1d");
}

function checkSupervisor(context: Context, layout: Layout): Check {
  const owner = lockOwner(layout);
  const nowMs = context.clock.now();
  const silence = silenceOf(layout, owner, nowMs);
  if (silence !== null) return fails(...silenceLines(silence, nowMs));
  const diskFault = diskFaultOf(layout);
  if (owner !== null && diskFault !== null) {
    const what = `stint ${owner.role} with pid ${owner.pid} cannot start jobs: ${diskFault}`;
    return fails(what, "fix that; the supervisor keeps trying");
  }
  if (owner !== null)
    return passes(
      `stint ${owner.role} with pid ${owner.pid} is running since ${localTime(owner.since, nowMs)}`,
    );
  const fault = lockFault(layout);
  if (fault !== null) return failsBy(fault);
  const waiting = idsIn(layout, "pending").length;
  if (waiting === 0) return passes("no supervisor is running, and nothing waits for one");
  const what = `${counted(waiting, "task is", "tasks are")} queued and no supervisor is running`;
  return warns(what, "start one: stint up --detach");
}

function checkSchedules(context: Context, layout: Layout, settings: Result<Settings, Problem>): Check[] {
  if (!settings.ok) return [];
  const views = scheduleViews(context, layout, settings.value);
  const checks = views.flatMap(({ name, path, faults, problem }) => {
    const why = faults ?? problem;
    if (why === null) return [];
    const what = `the schedule ${name}: ${faults === null ? "its next firing would queue nothing" : "it does not fire"}`;
    // The faults of a file are several lines.
    return [fails(what, `${why}\ncorrect ${path}, or remove it: stint schedules rm ${name}`)];
  });
  if (views.length === 0 || lockOwner(layout) !== null) return checks;
  const what = `${counted(views.length, "schedule")}, but no supervisor is running: none fires`;
  const fix = "start one: stint up --detach (a drain fires only what is due when it starts)";
  return [...checks, warns(what, fix)];
}

function checkAudit(layout: Layout): Check {
  const verified = verifyAudit(layout, { isQuick: true });
  return verified.ok
    ? passes(`the audit log is intact (${counted(verified.value.lines, "line")})`)
    : failsBy(verified.error);
}
