import { ALL_DEVICES, type Device } from "../../src/model/device.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import { ALWAYS, UNKNOWN_CONDITIONS } from "../../src/model/work.ts";
import type { Machine, PlanInput } from "../../src/plan/input.ts";
import type { Snapshot } from "../../src/plan/plan.ts";
import { NOW_MS } from "./tasks.ts";

export const GIB = 1_024 ** 3;

/** A healthy GPU of 80 GiB without processes. */
export function aDevice(index: number, change: Partial<Device> = {}): Device {
  const memoryBytes = change.memoryBytes === undefined ? 80 * GIB : change.memoryBytes;
  return {
    id: `GPU-${index}`,
    vendor: "simulated",
    index,
    name: "NVIDIA A100",
    memoryBytes,
    freeBytes: memoryBytes,
    isUnified: false,
    fault: null,
    held: [],
    foreign: [],
    utilization: null,
    temperatureCelsius: null,
    ...change,
  };
}

/** So many GPUs, all alike. */
export function devices(count: number, change: Partial<Device> = {}): Device[] {
  return Array.from({ length: count }, (_, index) => aDevice(index, change));
}

/** What of a machine a test cares about. */
export interface MachineChange extends Partial<Omit<Machine, "policy" | "capacity">> {
  readonly policy?: Partial<Policy>;
  readonly capacity?: Partial<Machine["capacity"]>;
}

/** Two jobs at a time, 8 CPUs and 1000 bytes, no GPU, the usual policy. */
export function aMachine({ policy, capacity, ...change }: MachineChange = {}): Machine {
  return {
    labels: {},
    deviceRules: ALL_DEVICES,
    work: ALWAYS,
    deadline: null,
    gpus: null,
    paused: null,
    conditions: UNKNOWN_CONDITIONS,
    devices: [],
    isProbed: true,
    elsewhere: [],
    awaitingProbe: new Set(),
    ...change,
    capacity: { jobs: 2, cpus: 8, memoryBytes: 1_000, ...capacity },
    policy: { ...DEFAULT_POLICY, ...policy },
  };
}

/** An empty queue on an idle machine at `NOW_MS`, but for what is given. */
export function surroundings(change: Partial<PlanInput> = {}): PlanInput {
  return {
    nowMs: NOW_MS,
    queued: [],
    active: [],
    machine: aMachine(),
    parents: new Map(),
    failedMembers: new Map(),
    doneKeys: new Map(),
    quickFailures: new Map(),
    ...change,
  };
}

/** The same for a supervisor that may start everything. */
export function aSnapshot(change: Partial<Snapshot> = {}): Snapshot {
  return { ...surroundings(change), awakeMs: 1_000, mayClaim: null, isClaiming: true, ...change };
}
