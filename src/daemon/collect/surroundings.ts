import { textOf } from "../../lib/file-text.ts";
import type { Collected } from "../../model/collected.ts";
import { openAttempt } from "../../model/task.ts";
import { readEnvironment } from "../../store/environments.ts";
import { lastInventory } from "../../store/inventory-file.ts";
import type { Collecting, Part } from "./part.ts";

/** Where the kernel tells the version of a driver of GPUs. */
const DRIVERS = ["/sys/module/nvidia/version", "/sys/module/amdgpu/version"];

/** The GPUs that the job had, their driver, and the names of the variables that it inherited. */
export const surroundingsPart: Part = {
  name: "devices and variables",
  isNeeded: "beside others",
  collect: ({ task, layout }: Collecting): Collected => {
    const { environment: hash } = task.metadata;
    const variables = hash === undefined ? null : readEnvironment(layout, hash);
    const ids = openAttempt(task)?.devices ?? [];
    const known = ids.length === 0 ? [] : (lastInventory(layout)?.devices ?? []);
    const driver = ids.length === 0 ? null : driverOf();
    return {
      notes: [],
      ...(variables !== null && { variables: Object.keys(variables).toSorted() }),
      ...(ids.length > 0 && { devices: ids.map((id) => deviceIn(known, id)) }),
      ...(driver !== null && { driver }),
    };
  },
};

function deviceIn(known: NonNullable<ReturnType<typeof lastInventory>>["devices"], id: string) {
  const device = known.find((one) => one.id === id);
  if (device === undefined) return { id };
  const { vendor, name, memoryBytes } = device;
  return { id, vendor, name, ...(memoryBytes !== null && { memoryBytes }) };
}

function driverOf(): string | null {
  for (const path of DRIVERS) {
    const version = textOf(path)?.trim() ?? "";
    if (version !== "") return version;
  }
  return null;
}
