/** A shell script without its comment lines, as it is passed in arguments and environments, whose size is limited. */
export function withoutComments(script: string): string {
  return script
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n");
}
