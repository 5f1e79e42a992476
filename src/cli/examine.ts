import { existsSync, lstatSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../lib/bytes.ts";
import { uuid } from "../lib/random.ts";
import { adviceFor, describeMeans } from "../machine/limits.ts";
import { probeMeans, thisMachine } from "../machine/means.ts";
import { PLACES } from "../model/state.ts";
import { verifyAudit } from "../store/audit-chain.ts";
import { incomingBatches } from "../store/batch.ts";
import { createFile } from "../store/durable.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock.ts";
import { idsIn } from "../store/reader.ts";
import { readRecord } from "../store/record.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";
import { readSettings } from "./settings.ts";

/** One thing that was looked at. */
export interface Check {
  readonly verdict: "fine" | "note" | "bad";
  readonly what: string;
  readonly mend?: string;
}

/** With less room than this a night of logs does not fit. */
const LOW_DISK_BYTES = 1_024 * 1_024 * 1_024;

/** Looks over the machine and a home; changes nothing but a probe file that it removes. */
export function examine(context: Context, path: string): Check[] {
  const home = openHome(path);
  const tools = [
    checkTool("sh", { isNeeded: true }),
    checkTool("python3", { isNeeded: false }),
    checkTool("bash", { isNeeded: false }),
    checkLimits(context),
  ];
  if (!home.ok) {
    const verdict = home.error.code === "HOME_MISSING" ? "note" : "bad";
    return [
      { verdict, what: home.error.message, ...(home.error.hint !== undefined && { mend: home.error.hint }) },
      ...tools,
    ];
  }
  const layout = home.value;
  return [
    { verdict: "fine", what: `home ${layout.home}` },
    checkMode(layout),
    checkWrite(layout),
    checkRoom(layout),
    ...checkSettings(context, layout),
    checkSupervisor(layout),
    ...PLACES.flatMap((place) => checkRecords(layout, layout.place(place))),
    ...checkUnread(layout),
    ...checkInbox(layout),
    checkAudit(layout),
    ...tools,
  ];
}

function checkTool(name: string, { isNeeded }: { isNeeded: boolean }): Check {
  const found = Bun.which(name);
  if (found !== null) return { verdict: "fine", what: `${name} is ${found}` };
  if (isNeeded) return { verdict: "bad", what: `${name} is not in PATH, and no job starts without it` };
  return { verdict: "note", what: `${name} is not in PATH: scripts with this runtime would fail` };
}

function checkLimits(context: Context): Check {
  const means = probeMeans(thisMachine(context.env));
  const advice = adviceFor(means);
  return {
    verdict: advice === null ? "fine" : "note",
    what: describeMeans(means),
    ...(advice !== null && { mend: advice }),
  };
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

function checkWrite(layout: Layout): Check {
  const probe = join(layout.tmp, `probe.${uuid()}`);
  const wrote = onDisk("write to the home", () => createFile(probe, " ".repeat(4_096)));
  rmSync(probe, { force: true });
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

function checkSettings(context: Context, layout: Layout): Check[] {
  const settings = readSettings(context, layout);
  return settings.ok ? [] : [{ verdict: "bad", what: settings.error.message }];
}

function checkSupervisor(layout: Layout): Check {
  const owner = lockOwner(layout);
  if (owner !== null)
    return {
      verdict: "fine",
      what: `stint ${owner.role} with pid ${owner.pid} holds the home since ${owner.since}`,
    };
  const waiting = idsIn(layout, "pending").length;
  if (waiting === 0) return { verdict: "fine", what: "no supervisor is up, and nothing waits for one" };
  return {
    verdict: "note",
    what: `${waiting} tasks are queued and no supervisor is up`,
    mend: "stint up --detach",
  };
}

/** Only pending/ and running/ are looked through at a start. */
function mendOfSpoilt(directory: string): string {
  const isScanned = /\/(pending|running)$/.test(directory);
  return isScanned
    ? "the supervisor puts it aside at its next start"
    : "look at it, then move it away by hand";
}

function checkRecords(layout: Layout, directory: string): Check[] {
  const checks: Check[] = [];
  for (const name of readdirSync(directory)) {
    if (name === ".corrupt") {
      const aside = readdirSync(join(directory, name));
      if (aside.length > 0) {
        checks.push({
          verdict: "note",
          what: `${aside.length} spoilt records were put aside in ${join(directory, name)}`,
          mend: "look at them, then remove them",
        });
      }
      continue;
    }
    const path = join(directory, name);
    const read = name.endsWith(".json") ? readRecord(path) : null;
    if (read === null) checks.push({ verdict: "note", what: `${path} is no record` });
    else if (!read.ok && read.error.type === "corrupt")
      checks.push({
        verdict: "bad",
        what: `${path} is spoilt: ${read.error.reason}`,
        mend: mendOfSpoilt(directory),
      });
    else if (!read.ok && read.error.type === "newer")
      checks.push({
        verdict: "bad",
        what: `${path} was written by a newer stint`,
        mend: "use the newer stint",
      });
  }
  return checks.length > 0 || existsSync(directory)
    ? checks
    : [{ verdict: "bad", what: `${directory} is missing in ${layout.home}` }];
}

function checkUnread(layout: Layout): Check[] {
  const batches = incomingBatches(layout).length;
  return batches === 0
    ? []
    : [
        {
          verdict: "note",
          what: `${batches} accepted batches wait for a supervisor`,
          mend: "stint up --detach",
        },
      ];
}

function checkInbox(layout: Layout): Check[] {
  const waiting = namesIn(layout.inbox).filter((name) => !name.startsWith("."));
  const rejected = namesIn(join(layout.inbox, ".rejected")).filter((name) => name.endsWith(".error.txt"));
  const checks: Check[] = [];
  if (waiting.length > 0) {
    checks.push({
      verdict: "note",
      what: `${waiting.length} in the inbox, not taken yet: ${waiting.slice(0, 3).join(", ")}`,
      mend: "a supervisor takes them: stint up --detach, or stint drain",
    });
  }
  if (rejected.length > 0) {
    checks.push({
      verdict: "note",
      what: `${rejected.length} inbox files were refused`,
      mend: `the reasons are in ${join(layout.inbox, ".rejected")}; mend the files and drop them again`,
    });
  }
  return checks;
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function checkAudit(layout: Layout): Check {
  const verified = verifyAudit(layout);
  if (verified.ok) return { verdict: "fine", what: `the audit log is whole (${verified.value.lines} lines)` };
  return {
    verdict: "bad",
    what: verified.error.message,
    ...(verified.error.hint !== undefined && { mend: verified.error.hint }),
  };
}
