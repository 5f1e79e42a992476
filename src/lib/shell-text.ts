/** A shell script without its comment lines, as it is passed in arguments and environments, whose size is limited. */
export function withoutComments(script: string): string {
  return script
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n");
}

/** A word as it is typed in a shell: in quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
