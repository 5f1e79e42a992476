import { platform } from "node:os";
import { type Clock, timestamp } from "../lib/clock.ts";
import type { DeviceRules, Inventory } from "../model/device.ts";
import { AMD_TOOL, lookAtAmd, mayHaveAmd } from "./amd.ts";
import { APPLE_TOOL, lookAtApple } from "./apple.ts";
import { chosenDevices } from "./choose.ts";
import type { ProbeContext, ProbeResult } from "./finding.ts";
import { lookAtNvidia, NVIDIA_TOOL } from "./nvidia-look.ts";
import { tokenOf, withUses } from "./processes.ts";
import { simulatedDevices } from "./simulated.ts";
import { findTool } from "./tool.ts";

/** The input of a probe. */
export interface ProbeOptions {
  readonly clock: Clock;
  /** The caller's: where the tools are, and which devices are hidden from it. */
  readonly env: Readonly<Record<string, string>>;
  readonly rules: DeviceRules;
  /** True for the token of an open attempt of this home. */
  readonly isOwn: (token: string) => boolean;
  /** Ends the probe early; its result is invalid then. */
  readonly signal?: AbortSignal;
  /** The folder that holds proc/, sys/ and dev/; `/`. */
  readonly root?: string;
}

interface Vendor {
  readonly isThere: (around: ProbeContext) => boolean;
  readonly look: (around: ProbeContext) => Promise<ProbeResult>;
}

const VENDORS: readonly Vendor[] = [
  { isThere: (around) => findTool(NVIDIA_TOOL, around) !== null, look: lookAtNvidia },
  { isThere: mayHaveAmd, look: lookAtAmd },
  {
    isThere: (around) => platform() === "darwin" && findTool(APPLE_TOOL, around) !== null,
    look: lookAtApple,
  },
];

/** True where a probe may find devices; costs a search through PATH. */
export function mayHaveDevices(options: Pick<ProbeOptions, "env" | "rules" | "root">): boolean {
  return options.rules.simulate.length > 0 || vendorsOf(probeContextOf(options)).length > 0;
}

/** Probes the devices that a home uses, within seconds even where a vendor's tool hangs. */
export async function probeDevices(options: ProbeOptions): Promise<Inventory> {
  const { rules, env, clock } = options;
  const context = probeContextOf(options);
  const found =
    rules.simulate.length > 0
      ? [{ devices: simulatedDevices(rules.simulate), uses: [], problem: null }]
      : await Promise.all(vendorsOf(context).map(({ look }) => look(context)));
  const devices = found.flatMap((finding) =>
    withUses(finding.devices, { uses: finding.uses, ownToken: ownToken(options, context.root) }),
  );
  const problems = found.map(({ problem }) => problem).filter((problem) => problem !== null);
  return {
    at: timestamp(clock.now()),
    devices: chosenDevices(devices, { rules, env }),
    problem: problems.length === 0 ? null : problems.join("; "),
  };
}

function probeContextOf({
  env,
  root = "/",
  signal,
}: Pick<ProbeOptions, "env" | "root" | "signal">): ProbeContext {
  return { env, root, ...(signal !== undefined && { signal }) };
}

function vendorsOf(context: ProbeContext): Vendor[] {
  return VENDORS.filter(({ isThere }) => isThere(context));
}

function ownToken({ isOwn }: ProbeOptions, root: string): (pid: number) => string | null {
  return (pid) => {
    const token = tokenOf(pid, root);
    return token !== null && isOwn(token) ? token : null;
  };
}

/** What a probe searches for, as a part of a sentence. */
export function lookedFor(): string {
  const apple = platform() === "darwin" ? [APPLE_TOOL] : [];
  return [NVIDIA_TOOL, AMD_TOOL, "/dev/kfd", ...apple].join(", ");
}
