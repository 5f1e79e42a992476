/** A variable that differs between two environments; its values are not told, as they may be secrets. */
export interface ChangedVariable {
  readonly name: string;
  readonly how: "added" | "removed" | "changed";
}

/** They differ with each shell and each login, and change no job. */
const ALWAYS_OTHERS = new Set(
  "SHLVL PWD OLDPWD _ WINDOWID TMUX_PANE STY SSH_TTY SSH_CLIENT SSH_CONNECTION SSH_AUTH_SOCK XDG_SESSION_ID INVOCATION_ID JOURNAL_STREAM COLUMNS LINES".split(
    " ",
  ),
);

/** What differs between two environments, by name, without what differs between any two shells. */
export function changedVariables(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ChangedVariable[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].sort().flatMap((name): ChangedVariable[] => {
    const [left, right] = [before[name], after[name]];
    if (left === right || ALWAYS_OTHERS.has(name)) return [];
    return [{ name, how: left === undefined ? "added" : right === undefined ? "removed" : "changed" }];
  });
}
