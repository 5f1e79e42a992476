import {
  boundsOfFlags,
  layersIn,
  type StartFlags,
  schedulingConfigOf,
} from "../daemon/config/scheduling-config.ts";
import { DEFAULT_SETTINGS, type Settings } from "../intake/default-settings.ts";
import { asLines } from "../lib/printable.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { type Applied, type BoundLayers, describeRefusal } from "../model/overrides.ts";
import type { Owner } from "../model/owner.ts";
import type { SchedulingConfig } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { appliedBy } from "../store/overrides.ts";
import type { Caller } from "./caller.ts";
import { overridesSeen } from "./control.ts";
import { readSettings, settingsFrom } from "./settings.ts";

/** The configuration that the supervisor of a home applies; without one, that of a supervisor that would start now. */
export interface ConfigSeen {
  readonly scheduling: SchedulingConfig;
  /** The limits by where they come from. */
  readonly layers: BoundLayers;
  /** The faults of a config.yaml that is not used; null where it is used. */
  readonly refused: NonNullable<Applied["refused"]> | null;
}

/** Reads it; `given` are settings that were read already, `flags` those of a supervisor that would start. */
export async function configSeen(
  caller: Caller,
  layout: Layout,
  {
    owner,
    given,
    flags = {},
  }: { readonly owner: Owner | null; readonly given?: Settings; readonly flags?: StartFlags },
): Promise<ConfigSeen> {
  const { applied, overrides } = overridesSeen(layout, owner);
  const refused = applied?.refused ?? null;
  const read = await settingsSeen(caller, layout, { refused, given });
  const settings = read.ok ? read.value : DEFAULT_SETTINGS;
  const changed = { overrides, owner: owner?.token ?? null };
  const flag = applied?.flags ?? boundsOfFlags(flags);
  const own = schedulingConfigOf(settings, { ...flags, jobs: flag.jobs }, changed);
  return {
    scheduling: {
      ...own,
      capacity: applied?.capacity ?? owner?.capacity ?? own.capacity,
      labels: applied?.labels ?? owner?.labels ?? own.labels,
      deadline: owner?.closing ?? null,
    },
    layers: layersIn(settings, flag, changed),
    refused,
  };
}

async function settingsSeen(
  caller: Caller,
  layout: Layout,
  { refused, given }: { readonly refused: ConfigSeen["refused"]; readonly given: Settings | undefined },
): Promise<Result<Settings, Problem>> {
  if (given !== undefined) return ok(given);
  return refused === null ? readSettings(caller, layout) : settingsFrom(caller, layout, refused.kept);
}

/** The settings that the supervisor of a home applies; tells of a config.yaml that it does not use. Without a supervisor, those of config.yaml. */
export async function settingsInForce(caller: Caller, layout: Layout): Promise<Result<Settings, Problem>> {
  const owner = lockOwner(layout);
  const refused = owner === null ? undefined : appliedBy(layout, owner.token)?.refused;
  if (refused === undefined) return readSettings(caller, layout);
  caller.err(asLines([`stint: ${describeRefusal(refused.message)}`]));
  return settingsFrom(caller, layout, refused.kept);
}

/** How many jobs a supervisor that would start now with these flags would run at a time. */
export function jobsIfStarted(layout: Layout, settings: Settings, flags: StartFlags = {}): number {
  const changed = { overrides: overridesSeen(layout, null).overrides, owner: null };
  return schedulingConfigOf(settings, flags, changed).capacity.jobs;
}
