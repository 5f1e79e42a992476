import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { kindOfName } from "../intake/inbox-name.ts";
import { counted } from "../lib/counted.ts";
import { type Layout, REASON_ENDING, shelfOf } from "../store/layout.ts";
import { type Check, supervisorAdvice } from "./doctor-records.ts";

/** At most this many are named. */
const MAX_NAMED = 3;

/** Checks the inbox of a home. */
export function checkInbox(layout: Layout): Check[] {
  const names = namesIn(layout.inbox).filter(
    (name) => !name.startsWith(".") && kindOfName(name) !== "passing",
  );
  const waiting = names.filter((name) => kindOfName(name) === "task" && !isFolder(layout, name));
  const others = names.filter((name) => !waiting.includes(name));
  const rejectedIn = shelfOf(layout.inbox, ".rejected");
  const rejected = namesIn(rejectedIn).filter((name) => name.endsWith(REASON_ENDING));
  const checks: Check[] = [];
  if (waiting.length > 0) {
    const fix = supervisorAdvice(
      layout,
      "start a supervisor, which queues them: stint up --detach, or stint drain",
    );
    checks.push({
      verdict: "warn",
      what: `${counted(waiting.length, "inbox file is", "inbox files are")} not queued yet: ${someOf(waiting)}`,
      ...fix,
    });
  }
  if (others.length > 0) {
    const ignored = others.map((name) => (isFolder(layout, name) ? `${name} (a folder)` : name));
    checks.push({
      verdict: "warn",
      what: `${counted(others.length, "inbox file is", "inbox files are")} ignored: ${someOf(ignored)}`,
      fix: "only .yaml, .yml and .json files are read, and none in subfolders",
    });
  }
  if (rejected.length > 0) {
    checks.push({
      verdict: "warn",
      what: `${counted(rejected.length, "inbox file was", "inbox files were")} refused`,
      fix: `the reasons are in ${rejectedIn}; correct the files and drop them again`,
    });
  }
  return checks;
}

function someOf(names: readonly string[]): string {
  return `${names.slice(0, MAX_NAMED).join(", ")}${names.length > MAX_NAMED ? ", …" : ""}`;
}

function isFolder({ inbox }: Layout, name: string): boolean {
  return lstatSync(join(inbox, name), { throwIfNoEntry: false })?.isDirectory() === true;
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
