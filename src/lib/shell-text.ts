/** A script of a `.sh` file as it travels in arguments and environments, where each byte counts: without whole lines of comment. */
export function withoutComments(script: string): string {
  return script
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join("\n");
}
