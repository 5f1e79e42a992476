const SCRIPT = /\.(py|sh|bash|slurm|sbatch)$/i;

/** True for a name that only scripts have. */
export function isScriptName(name: string): boolean {
  return SCRIPT.test(name);
}
