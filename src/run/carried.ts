import type { ProgramInvocation } from "./argument-limits.ts";

/**
 * Variables that a shell takes for its own, and would change on the way to the job or let change itself: dash does
 * not even start with an OPTIND that is no number.
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
 * Brings those variables through the recording parent that a shell would drop (`my.var`, `BASH_FUNC_module%%`) or
 * alter: they travel under other names, and env(1) gives them their own just before the job. In the arguments of the
 * parent, every user of the machine could read their values for as long as the job runs. Without such variables,
 * which is the rule, nothing changes and nothing is paid.
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
    given.push(`${quoted(`${name}=`)}"$${carrier}"`);
  }
  // env(1) would take a program with a `=` in its path for one more variable; behind nice(1) it cannot.
  const program = argv[0]?.includes("=") ? `/usr/bin/nice -n 0 "$@"` : `"$@"`;
  const text = `exec /usr/bin/env ${hidden.join(" ")} -- ${given.join(" ")} ${program}`;
  return { argv: ["/bin/sh", "-c", text, "stint", ...argv], environment: Object.fromEntries(passed) };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
