import type { Device } from "../model/device.ts";

/**
 * The variables that let a job see its devices and no others: CUDA's takes UUIDs (an index means another device in
 * another order), ROCm's too; HIP counts within what ROCm lets through, and hides all with -1.
 */
export function deviceVariables(devices: readonly Pick<Device, "id" | "vendor">[]): Record<string, string> {
  const ids = (vendors: readonly Device["vendor"][]): string =>
    devices
      .filter(({ vendor }) => vendors.includes(vendor))
      .map(({ id }) => id)
      .join(",");
  const amd = ids(["amd"]);
  return {
    CUDA_VISIBLE_DEVICES: ids(["nvidia", "simulated"]),
    ROCR_VISIBLE_DEVICES: amd,
    ...(amd === "" && { HIP_VISIBLE_DEVICES: "-1" }),
    STINT_DEVICES: devices.map(({ id }) => id).join(","),
  };
}
