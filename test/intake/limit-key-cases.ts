const LIMITS = ["spec", "limits"];

/** The keys of limits. */
export const LIMIT_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  "limits.memory": [
    { text: "limits: {memory: 8GB}", at: [...LIMITS, "memoryBytes"], value: 8e9 },
    { text: "limits.memory: 1MiB", at: [...LIMITS, "memoryBytes"], value: 2 ** 20 },
    { text: "limits: {memory_mb: 5}", at: [...LIMITS, "memoryBytes"], value: 5e6 },
  ],
  "limits.cpus": [
    { text: "limits: {cpus: 0.5}", at: [...LIMITS, "cpus"], value: 0.5 },
    { text: "limits: {cpu: 2}", at: [...LIMITS, "cpus"], value: 2 },
  ],
  "limits.pids": [
    { text: "limits: {pids: 100}", at: [...LIMITS, "pids"], value: 100 },
    { text: "limits: {max_pids: 9}", at: [...LIMITS, "pids"], value: 9 },
  ],
  "limits.openFiles": [
    { text: "limits: {openFiles: 64}", at: [...LIMITS, "openFiles"], value: 64 },
    { text: "limits: {nofile: 64}", at: [...LIMITS, "openFiles"], value: 64 },
  ],
  "limits.fileSize": [{ text: "limits: {fileSize: 1GiB}", at: [...LIMITS, "fileSizeBytes"], value: 2 ** 30 }],
  "limits.core": [
    { text: "limits: {core: 0}", at: [...LIMITS, "coreBytes"], value: 0 },
    { text: "limits: {core: 1MiB}", at: [...LIMITS, "coreBytes"], value: 2 ** 20 },
  ],
  "limits.addressSpace": [
    { text: "limits: {addressSpace: 4GiB}", at: [...LIMITS, "addressSpaceBytes"], value: 2 ** 32 },
  ],
  "limits.bestEffort": [{ text: "limits: {bestEffort: true}", at: [...LIMITS, "bestEffort"], value: true }],
};
