import { noDeviceFound, seeDevices } from "../desk/devices.ts";
import { formatBytes } from "../lib/bytes.ts";
import type { Device } from "../model/device.ts";
import { type Check, fails, passes } from "./check.ts";
import type { Context } from "./context.ts";

/** Checks the GPUs that a home uses, by a probe of its own. */
export async function examineDevices(context: Context, path: string): Promise<Check[]> {
  const seen = await seeDevices(context, path, { isFresh: true });
  // Other checks report an unusable home or settings.
  if (!seen.ok) return [];
  const { inventory, devices } = seen.value;
  const { problem } = inventory;
  if (problem === null && devices.length === 0) return [passes(noDeviceFound(seen.value))];
  const unread = problem === null ? [] : [fails(`GPUs cannot be read: ${problem}`, fixFor(problem))];
  return [...unread, ...devices.map(checkDevice)];
}

function checkDevice({ index, id, name, memoryBytes, fault }: Device): Check {
  const memory = memoryBytes === null ? "memory unknown" : formatBytes(memoryBytes);
  if (fault === null) return passes(`GPU ${index} is ${name}, ${memory} (${id})`);
  const fix = `reset it or reboot; until then exclude it with \`gpus: {exclude: ["${id}"]}\` in config.yaml`;
  return fails(`GPU ${index}, ${name} (${id}), is unusable: ${fault}`, fix);
}

/** Advice on the usual reasons, by the words of the tools. */
const FIXES: readonly (readonly [said: RegExp, fix: string])[] = [
  [
    /version mismatch/i,
    "the driver was updated, and its old kernel module is still loaded: reboot, or reload the module",
  ],
  [/communicate with the NVIDIA driver/i, "the driver's kernel module is not loaded: sudo modprobe nvidia"],
  [
    /did not answer/i,
    "run the tool by hand: it may only be slow to wake the GPUs (sudo nvidia-smi -pm 1), or the driver hangs and needs a reboot",
  ],
];

function fixFor(problem: string): string {
  const found = FIXES.find(([said]) => said.test(problem));
  return found?.[1] ?? "run the tool by hand; jobs without a GPU are not affected";
}
