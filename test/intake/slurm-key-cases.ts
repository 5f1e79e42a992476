const SLURM = ["spec", "slurm"];

/** The keys of `slurm`; see `key-cases.ts`. */
export const SLURM_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  "slurm.tasks": [{ text: "slurm: {tasks: 4}", at: [...SLURM, "tasks"], value: 4 }],
  "slurm.submitDir": [{ text: "slurm: {submitDir: a}", at: [...SLURM, "submitDir"], value: "/work/a" }],
  "slurm.output": [{ text: 'slurm: {output: "%x-%j.out"}', at: [...SLURM, "output"], value: "%x-%j.out" }],
  "slurm.error": [{ text: "slurm: {error: a.err}", at: [...SLURM, "error"], value: "a.err" }],
  "slurm.signal": [{ text: "slurm: {signal: B:USR1@60}", at: [...SLURM, "signal"], value: "B:USR1@60" }],
};
