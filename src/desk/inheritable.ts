/** The variables of this process that jobs inherit: all but `NOT_HANDED_ON`. */
export function inheritable(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !NOT_HANDED_ON.some((prefix) => name.startsWith(prefix))),
  );
}

/**
 * Variables that control the runtime or the tests; the values of a sweep, which do not apply to a task that a member submits; the
 * token that marks the processes of a job, as a task that it submits is none of them; and the previous folder of a shell.
 */
const NOT_HANDED_ON = ["BUN_", "STINT_FAILPOINT", "STINT_VALUE_", "STINT_SWEEP_", "STINT_TOKEN", "OLDPWD"];
