import type { Device, DeviceRules } from "../model/device.ts";

/** The devices that the rules allow and the environment does not hide. */
export function chosenDevices(
  devices: readonly Device[],
  { rules, env }: { rules: DeviceRules; env: Readonly<Record<string, string>> },
): Device[] {
  const isNamed = (names: readonly string[], device: Device): boolean =>
    names.some((name) => isGpuMeant(name, device));
  return devices.filter(
    (device) =>
      isVisible(device, env) &&
      (rules.allow === null || isNamed(rules.allow, device)) &&
      !isNamed(rules.exclude, device),
  );
}

/** The devices, with `isOff` on those that these names leave out; null leaves out none. */
export function withUnusedOff(
  devices: readonly Device[],
  names: readonly string[] | null,
): readonly Device[] {
  if (names === null) return devices;
  return devices.map((device) =>
    names.some((name) => isGpuMeant(name, device)) ? device : { ...device, isOff: true },
  );
}

/** One or two digits are an index: `90` must not match every RTX 3090. Any other text is the beginning of an id or a part of the name. */
export function isGpuMeant(typed: string, { index, id, name }: Device): boolean {
  const wanted = typed.toLowerCase();
  if (/^\d{1,2}$/.test(wanted)) return Number(wanted) === index;
  return id.toLowerCase().startsWith(wanted) || name.toLowerCase().includes(wanted);
}

/** The variables by which a vendor's runtime hides devices; the first that is set counts. */
const HIDING: Readonly<Record<Device["vendor"], readonly string[]>> = {
  nvidia: ["CUDA_VISIBLE_DEVICES"],
  amd: ["ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"],
  apple: [],
  simulated: [],
};

function isVisible(device: Device, env: Readonly<Record<string, string>>): boolean {
  const list = HIDING[device.vendor].map((name) => env[name]).find((value) => value !== undefined);
  if (list === undefined) return true;
  const names = list.split(",").map((name) => name.trim());
  // CUDA hides all devices after a name that it does not understand, as `-1` (CUDA C++ Programming Guide).
  const end = names.findIndex((name) => !/^(\d+|(GPU|MIG)-\S+)$/.test(name));
  return (end < 0 ? names : names.slice(0, end)).some((name) =>
    /^\d+$/.test(name)
      ? Number(name) === device.index
      : device.id.toLowerCase().startsWith(name.toLowerCase()),
  );
}

/** The variables of an environment that hide devices, as `NAME="value"`. */
export function hidingIn(env: Readonly<Record<string, string>>): string[] {
  return Object.values(HIDING)
    .flat()
    .filter((name) => env[name] !== undefined)
    .map((name) => `${name}="${env[name]}"`);
}
