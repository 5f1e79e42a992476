import { type ServiceSeen, serviceSeen } from "../../desk/services.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime, relativeTime } from "../../lib/local-time.ts";
import { DEFAULT_READY_MS, readyProbe, type ServiceSpec } from "../../model/service.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { stopInWords } from "./active.ts";
import type { Style } from "./style.ts";
import { type Cell, renderTable } from "./table.ts";
import { NAME_COLUMN } from "./task-row.ts";

interface Shown {
  readonly nowMs: number;
  readonly style: Style;
  readonly columns: number;
  /** Why a queued one waits, as a clause. */
  readonly waitOf: (task: Task) => string;
}

/** The services of a listing, each with its address. */
export function serviceBlock(services: readonly Task[], shown: Shown): string {
  const { nowMs, style, columns, waitOf } = shown;
  const rows = services.map((task): Cell[] => {
    const seen = serviceSeen(task);
    const idle = unusedFor(seen, nowMs);
    const where = whereText(task, { seen, waitOf });
    return [
      String(seen.number),
      seen.name,
      style.state(seen.state),
      upFor(seen, nowMs) ?? "-",
      idle === null ? where : `${where} (idle ${idle})`,
    ];
  });
  const titles = ["ID", "SERVICE", "STATE", "UP", "ADDRESS"].map((text) => ({ text, paint: style.bold }));
  return renderTable([titles, ...rows], { columns, shrinks: NAME_COLUMN });
}

/** The table of `stint services`. */
export function serviceTable(services: readonly Task[], { nowMs, style, columns, waitOf }: Shown): string {
  const rows = services.map((task): Cell[] => {
    const seen = serviceSeen(task);
    return [
      String(seen.number),
      seen.name,
      style.state(seen.state),
      upFor(seen, nowMs) ?? "-",
      unusedFor(seen, nowMs) ?? "-",
      seen.gpus === 0 ? "-" : String(seen.gpus),
      whereText(task, { seen, waitOf }),
    ];
  });
  const titles = ["ID", "NAME", "STATE", "UP", "IDLE", "GPUS", "ADDRESS"].map((text) => ({
    text,
    paint: style.bold,
  }));
  return renderTable([titles, ...rows], { columns, shrinks: NAME_COLUMN });
}

/** Its address, or why it has none yet. */
function whereText(
  task: Task,
  { seen, waitOf }: Pick<Shown, "waitOf"> & { readonly seen: ServiceSeen },
): string {
  const { stop } = openAttempt(task) ?? {};
  if (stop !== undefined) return stopInWords(stop);
  if (seen.state === "queued") return waitOf(task);
  if (seen.address === null) return "";
  return seen.readyAt === null ? `${seen.address} (does not serve yet)` : seen.address;
}

/** How long it has served; null where it does not. */
function upFor({ readyAt }: ServiceSeen, nowMs: number): string | null {
  return readyAt === null ? null : formatDuration(Math.max(0, nowMs - Date.parse(readyAt)));
}

/** How long it has not been used; null where that is not known, or it is in use. */
function unusedFor({ readyAt, lastUsedAt }: ServiceSeen, nowMs: number): string | null {
  const since = lastUsedAt ?? readyAt;
  if (since === null) return null;
  const ms = nowMs - Date.parse(since);
  return ms < IN_USE_MS ? null : formatDuration(ms);
}

/** Use is looked for so often at least. */
const IN_USE_MS = 60_000;

/** What a service with an open attempt waits for, or where it serves, in sentences; none for other tasks. */
export function serviceLines(task: Task, nowMs: number): string[] {
  const { service } = task.spec;
  const attempt = openAttempt(task);
  if (service === undefined || attempt === null || attempt.stop !== undefined) return [];
  const { address, readyAt, lastUsedAt } = serviceSeen(task);
  const { number } = task.metadata;
  if (readyAt === null) {
    const within = formatDuration(service.ready?.withinMs ?? DEFAULT_READY_MS);
    return [
      `It serves once ${readyInWords(service)}; it has ${within} for that.`,
      `Its log: stint logs -f ${number}`,
    ];
  }
  const used = relativeTime(lastUsedAt ?? readyAt, nowMs);
  const ends = [
    service.idleMs === undefined
      ? []
      : [`it is stopped after ${formatDuration(service.idleMs)} without use, and was last used ${used}`],
    service.ttlMs === undefined
      ? []
      : [`it is stopped at ${localTime(Date.parse(readyAt) + service.ttlMs, nowMs)}, when its ttl is over`],
  ].flat();
  const where = address === null ? "" : ` at ${address}`;
  return [
    `It serves${where} since ${localTime(readyAt, nowMs)}${ends.length === 0 ? "" : `; ${ends.join("; ")}`}.`,
    ...(address === null ? [] : [`Open it: stint open ${number}`]),
  ];
}

/** What makes a service ready, as a clause. */
function readyInWords(service: ServiceSpec): string {
  const probe = readyProbe(service);
  switch (probe?.type) {
    case undefined:
      return "it runs";
    case "http":
      return `GET ${probe.path.replace(/\?.*$/s, "")} is answered with 2xx or 3xx`;
    case "tcp":
      return "its port takes a connection";
    case "log":
      return `its log has "${probe.text}"`;
    case "event":
      return "it ran `stint emit ready`";
  }
}

/** Where the open attempt of a service is reached, and how long it serves and is unused; null where it has no address. */
export function addressText(task: Task, nowMs: number): string | null {
  const seen = serviceSeen(task);
  if (seen.address === null) return null;
  const [up, idle] = [upFor(seen, nowMs), unusedFor(seen, nowMs)];
  const times = [up === null ? "does not serve yet" : `up ${up}`, ...(idle === null ? [] : [`idle ${idle}`])];
  return `at ${seen.address} (${times.join(", ")})`;
}
