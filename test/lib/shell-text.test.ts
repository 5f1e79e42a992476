import { expect, test } from "bun:test";
import { withoutComments } from "../../src/lib/shell-text.ts";

test("leaves the commands of a script as they are, and whole lines of comment and blank ones out", () => {
  const script = `# What it owns.
#
# Order of effects.

one "$#" # not a whole line
  # why
  two '#' \\
    three

four
`;
  expect(withoutComments(script)).toBe(`one "$#" # not a whole line\n  two '#' \\\n    three\nfour`);
});
