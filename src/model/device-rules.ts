/** GPUs that a home makes up, all alike. */
export interface SimulatedGpus {
  readonly name: string;
  readonly memoryBytes: number;
  readonly count: number;
  /** Memory of each that somebody else seems to hold. */
  readonly foreignBytes: number;
}

/** Which GPUs a home uses, as its config.yaml says. */
export interface DeviceRules {
  /** Only these, each by its index, its id, the beginning of that, or a part of its name; null is all. */
  readonly allow: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Where there are any, they are all that the machine has. */
  readonly simulate: readonly SimulatedGpus[];
}

/** All that the machine has, and nothing made up. */
export const ALL_DEVICES: DeviceRules = { allow: null, exclude: [], simulate: [] };
