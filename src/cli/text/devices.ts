import type { DeviceWithTasks, TaskOnDevice } from "../../desk/devices.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { asLines } from "../../lib/printable.ts";
import { renderTable } from "./table.ts";

const TITLES = ["GPU", "NAME", "MEMORY", "USE", "TEMP", "ID"];
const INDENT = "     ";

/** A table of devices; below each, the tasks and processes on it. */
export function renderDevices(devices: readonly DeviceWithTasks[], columns: number): string {
  const rows = devices.map((device) => [
    String(device.index),
    device.name,
    memoryOf(device),
    device.utilization === null ? "-" : `${device.utilization} %`,
    device.temperatureCelsius === null ? "-" : `${device.temperatureCelsius} °C`,
    device.id,
  ]);
  const [titles = "", ...lines] = renderTable([TITLES, ...rows], { columns })
    .trimEnd()
    .split("\n");
  const sections = devices.map((device, index) => [lines[index] ?? "", ...notesOn(device)]);
  return asLines([titles, ...sections.flat()]);
}

/** `1.5 GiB of 24 GiB`; an unknown value is a dash, never 0. */
function memoryOf({ memoryBytes, freeBytes, isUnified }: DeviceWithTasks): string {
  if (memoryBytes === null) return "-";
  const used = freeBytes === null ? "-" : formatBytes(memoryBytes - freeBytes);
  return `${used} of ${formatBytes(memoryBytes)}${isUnified ? ", the machine's" : ""}`;
}

function notesOn({ fault, isOff, tasks, elsewhere, foreign }: DeviceWithTasks): string[] {
  const notes = [
    ...(fault === null ? [] : [`unusable: ${fault}`]),
    ...(isOff === true ? ["new jobs may not use it now (stint jobs --gpus)"] : []),
    ...tasks.map(noteOnTask),
    ...elsewhere.map(({ holder, bytes }) => `${holder} has ${shareOf(bytes)}`),
    ...foreign.map(
      ({ pid, bytes }) => `${pid === 0 ? "a process" : `pid ${pid}`} outside stint uses ${amount(bytes)}`,
    ),
  ];
  return notes.map((note) => `${INDENT}${note}`);
}

function noteOnTask({ id, reservedBytes, isGiven, usedBytes }: TaskOnDevice): string {
  const used = usedBytes === null ? "" : `, uses ${amount(usedBytes)}`;
  if (!isGiven) return `${id} uses ${amount(usedBytes)} without an assignment`;
  return `${id} has ${shareOf(reservedBytes)}${used}`;
}

function shareOf(bytes: number | null): string {
  return bytes === null ? "all of it" : `${formatBytes(bytes)} of it`;
}

function amount(bytes: number | null): string {
  return bytes === null ? "an unknown amount" : formatBytes(bytes);
}
