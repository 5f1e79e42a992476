import { expect, test } from "bun:test";
import { withoutComments } from "../../src/lib/shell-text.ts";

test("shellText() keeps the commands of a script, and drops comment lines and blank lines", () => {
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
