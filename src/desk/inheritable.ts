/** What jobs may inherit of our environment: not what steers the runtime that stint itself is made of. */
export function inheritable(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !NOT_HANDED_ON.some((prefix) => name.startsWith(prefix))),
  );
}

/**
 * What steers the runtime or the tests; the values of a sweep, which are not those of a task that its member submits; what marks the
 * processes of a job, as what it submits is none of them; and where a shell was before, which no job was.
 */
const NOT_HANDED_ON = ["BUN_", "STINT_FAILPOINT", "STINT_VALUE_", "STINT_SWEEP_", "STINT_TOKEN", "OLDPWD"];
