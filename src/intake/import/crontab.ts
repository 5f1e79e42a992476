import { err, ok, type Result } from "../../lib/result.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import { type Fault, fault } from "../fault.ts";
import { type CrontabEntry, crontabEntries } from "./crontab-lines.ts";
import { nameOfEntry } from "./crontab-name.ts";
import { notesOn } from "./crontab-notes.ts";
import { taskOf } from "./crontab-task.ts";
import {
  type ImportContext,
  type Imported,
  type ImportedFile,
  inQuotes,
  type LeftOut,
  uniqueName,
  yamlFile,
} from "./imported.ts";

const DIFFERENCES = [
  "a firing is dropped while the last run has not ended; `overlap: queue` lets it wait (cron starts both)",
  "the latest firing that was missed within 24h is caught up; `catchUp: none` skips it, as cron does",
  "jobs get cron's environment plus stint's variables, without what PAM adds",
  "the output is kept, and `stint logs` shows it; no mail is sent",
  "processes that a command leaves in the background end with it",
];

/** Reads a crontab: each line becomes a schedule. With `isSystem`, lines name their user, as in /etc/crontab. */
export function readCrontab(
  text: string,
  { isSystem, context }: { readonly isSystem: boolean; readonly context: ImportContext },
): Result<Imported, Diagnostic[]> {
  const { entries, strange } = crontabEntries(text, isSystem);
  const [first, another] = strange;
  if (entries.length === 0 && first !== undefined && another !== undefined)
    return err(diagnose({ file: context.file, text }, [{ ...first, message: NO_CRONTAB }]));
  const files: ImportedFile[] = [];
  const leftOut: LeftOut[] = [];
  const faults = [...strange];
  const taken = new Set<string>();
  const told = new Set<string>();
  for (const entry of entries) {
    const { line } = entry;
    const wrong = faultOf(entry, { ...context, isSystem });
    if (wrong !== null) faults.push(wrong);
    else if (/^@reboot$/i.test(entry.times)) leftOut.push({ line, what: REBOOT });
    else files.push(scheduleOf(entry, { name: uniqueName(nameOfEntry(entry), taken), told, context }));
  }
  if (faults.length > 0) return err(diagnose({ file: context.file, text }, faults));
  return ok({ files, leftOut, differences: DIFFERENCES, afterwards: AFTERWARDS });
}

const NO_CRONTAB =
  "the text is no crontab, wanted lines of a minute, hour, day, month, day of the week and a command";

const REBOOT =
  "@reboot is not a time, so it cannot be a schedule. `stint service install` starts stint at boot, and a queued command survives a reboot";

const AFTERWARDS =
  "The crontab is unchanged: remove these lines from it (`crontab -e`), or cron runs each command as well.";

function faultOf(
  entry: CrontabEntry,
  { userName, cronFault, timeZone, nowMs, isSystem }: ImportContext & { readonly isSystem: boolean },
): Fault | null {
  const { start, source, user, command, times, variables } = entry;
  const span = { start, end: start + source.length };
  if (user !== null && user !== userName)
    return fault(
      span,
      `the line is for the user ${user}, and you are ${userName}`,
      `import it as that user: sudo -u ${user} stint import crontab --system`,
    );
  const [, first = ""] = /^(\S+)[ \t]+[^-\s]/.exec(command) ?? [];
  // ROOT of CERN is a program, and takes flags.
  if (!isSystem && first !== "" && [userName, "root"].includes(first))
    return fault(
      span,
      `the command begins with the user ${first}, wanted a program`,
      "for a crontab of the system: --system",
    );
  if (/^@reboot$/i.test(times)) return null;
  // A sixth field: no command begins so.
  const given = /^[*?](?:\/\d+)?$/.test(first) ? `${times} ${first}` : times;
  const wrong = cronFault(given, { timeZone: variables.get("CRON_TZ") ?? timeZone, nowMs });
  return wrong === null ? null : fault(span, `"${given}" ${wrong.what}`, wrong.hint);
}

function scheduleOf(
  entry: CrontabEntry,
  {
    name,
    told,
    context,
  }: { readonly name: string; readonly told: Set<string>; readonly context: ImportContext },
): ImportedFile {
  const { line, source, times, variables } = entry;
  const { notes, common, comments } = notesOn(entry);
  // Told with the first of the lines that it is of.
  const first = common.filter((note) => !told.has(note));
  for (const note of first) told.add(note);
  const delay = Number(variables.get("RANDOM_DELAY") ?? 0);
  const text = yamlFile([`Line ${line} of the crontab: ${source.trim()}`, ...comments], {
    cron: inQuotes(times),
    timeZone: variables.get("CRON_TZ"),
    jitter: delay > 0 ? `${delay}m` : undefined,
    task: taskOf(entry, { ...context, name }),
  });
  return { type: "schedule", name, text, line, notes: [...notes, ...first] };
}
