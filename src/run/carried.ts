import { shellWord } from "../lib/shell-text.ts";
import type { ProgramInvocation } from "./argument-limits.ts";

/**
 * Variables that a shell interprets: it would change them on the way to the job, or they would change the shell. Dash does not even
 * start with an OPTIND that is no number.
 */
const SHELL_OWN = new Set([
  "IFS",
  "OPTIND",
  "PPID",
  "LINENO",
  "PS4",
  "SHELLOPTS",
  "BASHOPTS",
  "POSIXLY_CORRECT",
]);

const CARRIER = "_STINT_CARRIED_";

/**
 * Passes variables through the recording parent that a shell would drop (`my.var`, `BASH_FUNC_module%%`) or alter: they have other names
 * until env(1) restores them just before the job. Not in the parent's arguments, where every user of the machine could read their values
 * for as long as the job runs. Usually there are no such variables, and nothing changes.
 */
export function carryThroughShell({ argv, environment }: ProgramInvocation): ProgramInvocation {
  const names = Object.keys(environment).filter(
    (name) => SHELL_OWN.has(name) || !/^[A-Za-z_]\w*$/.test(name),
  );
  if (names.length === 0) return { argv, environment };
  const passed = new Map(Object.entries(environment));
  const hidden: string[] = [];
  const given: string[] = [];
  for (const [index, name] of names.entries()) {
    const carrier = `${CARRIER}${index}`;
    passed.set(carrier, environment[name] ?? "");
    passed.delete(name);
    hidden.push(`-u ${carrier}`);
    given.push(`${shellWord(`${name}=`)}"$${carrier}"`);
  }
  // env(1) would read a program with a `=` in its path as one more variable; after nice(1) it cannot.
  const program = argv[0]?.includes("=") ? `/usr/bin/nice -n 0 "$@"` : `"$@"`;
  const text = `exec /usr/bin/env ${hidden.join(" ")} -- ${given.join(" ")} ${program}`;
  return { argv: ["/bin/sh", "-c", text, "stint", ...argv], environment: Object.fromEntries(passed) };
}
