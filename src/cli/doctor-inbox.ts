import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isTaken, kindOfName, TAKEN_ENDINGS } from "../intake/inbox-name.ts";
import { counted } from "../lib/counted.ts";
import { type Layout, REASON_ENDING, shelfOf } from "../store/layout.ts";
import { type Check, warns } from "./check.ts";
import { supervisorAdvice } from "./doctor-records.ts";

/** At most this many are named. */
const MAX_NAMED = 3;

export function checkInbox(layout: Layout): Check[] {
  const names = namesIn(layout.inbox).filter(
    (name) => !name.startsWith(".") && kindOfName(name) !== "passing",
  );
  const waiting = names.filter((name) => isTaken(name) && !isFolder(layout, name));
  const others = names.filter((name) => !waiting.includes(name));
  const rejectedIn = shelfOf(layout.inbox, ".rejected");
  const rejected = namesIn(rejectedIn).filter((name) => name.endsWith(REASON_ENDING));
  const checks: Check[] = [];
  if (waiting.length > 0) {
    const what = `${counted(waiting.length, "inbox file is", "inbox files are")} not queued yet: ${someOf(waiting)}`;
    const advice = "start a supervisor, which queues them: stint up --detach, or stint drain";
    checks.push(warns(what, supervisorAdvice(layout, advice)));
  }
  if (others.length > 0) {
    const ignored = others.map((name) => (isFolder(layout, name) ? `${name} (a folder)` : name));
    const what = `${counted(others.length, "inbox file is", "inbox files are")} ignored: ${someOf(ignored)}`;
    checks.push(
      warns(what, `only files whose names end in ${TAKEN_ENDINGS} are read, and none in subfolders`),
    );
  }
  if (rejected.length > 0) {
    const what = `${counted(rejected.length, "inbox file was", "inbox files were")} refused`;
    checks.push(warns(what, `the reasons are in ${rejectedIn}; correct the files and drop them again`));
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
