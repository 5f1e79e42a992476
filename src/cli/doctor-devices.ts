import { noDeviceFound, seeDevices } from "../desk/devices.ts";
import { formatBytes } from "../lib/bytes.ts";
import type { Device } from "../model/device.ts";
import type { Context } from "./context.ts";
import type { Check } from "./doctor-records.ts";

/** Looks over the GPUs that a home uses, with its own eyes. */
export async function examineDevices(context: Context, path: string): Promise<Check[]> {
  const seen = await seeDevices(context, path, { isFresh: true });
  // A home or settings of no use are what the other checks tell of.
  if (!seen.ok) return [];
  const { inventory, devices } = seen.value;
  const { problem } = inventory;
  if (problem === null && devices.length === 0) return [{ verdict: "fine", what: noDeviceFound(seen.value) }];
  const troubles: Check[] =
    problem === null
      ? []
      : [{ verdict: "bad", what: `the GPUs cannot be read: ${problem}`, mend: mendOf(problem) }];
  return [...troubles, ...devices.map(checkDevice)];
}

function checkDevice({ index, id, name, memoryBytes, fault }: Device): Check {
  const memory = memoryBytes === null ? "memory unknown" : formatBytes(memoryBytes);
  if (fault === null) return { verdict: "fine", what: `GPU ${index} is ${name}, ${memory} (${id})` };
  return {
    verdict: "bad",
    what: `GPU ${index}, ${name} (${id}), is of no use: ${fault}`,
    mend: `a reset or a reboot may mend it; until then \`gpus: {exclude: ["${id}"]}\` in config.yaml leaves it out`,
  };
}

/** The usual reasons, by what the tools say of them. */
const MENDS: readonly (readonly [said: RegExp, mend: string])[] = [
  [
    /version mismatch/i,
    "the driver was updated while its old module is loaded: reboot, or reload the module",
  ],
  [/communicate with the NVIDIA driver/i, "the driver's module is not loaded: sudo modprobe nvidia"],
  [
    /did not answer/i,
    "run the tool by hand: it may only be slow to wake the GPUs (sudo nvidia-smi -pm 1), or the driver hangs and wants a reboot",
  ],
];

function mendOf(problem: string): string {
  const found = MENDS.find(([said]) => said.test(problem));
  return found?.[1] ?? "run the tool by hand; jobs that ask for no GPU are not concerned";
}
