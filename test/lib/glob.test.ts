import { describe, expect, test } from "bun:test";
import { globMatcher } from "../../src/lib/glob.ts";
import { fc } from "../rig/fast-check.ts";

/** What a pattern means, as plainly as it can be said; of short texts only. */
function backend(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  const rest = glob.slice(1);
  if (glob.startsWith("*")) return backend(rest, text) || (text !== "" && backend(glob, text.slice(1)));
  return text !== "" && glob[0] === text[0] && backend(rest, text.slice(1));
}

describe("globMatcher()", () => {
  test("agrees with a reference matcher for all short patterns and texts", () => {
    const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 7 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (pattern, of) => {
        expect(globMatcher(pattern)(of)).toBe(backend(pattern, of));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["ab*ba", "aba", false],
    ["ab*ba", "abba", true],
    ["*ab*ab*", "ab ab", true],
    ["*ab*ab*", "aba b", false],
    ["*", "", true],
    ["", "", true],
    ["a*", "a\nb", true],
  ])("%j is %j: %p", (glob, text, isMet) => {
    expect(globMatcher(glob)(text)).toBe(isMet);
  });

  // One that tries each way to share the text among the stars does not come back from any of these.
  test.each(["*".repeat(5_000), "*a".repeat(5_000), "a*".repeat(5_000), "*aa*a".repeat(2_000)])(
    "scans a long text once, whatever the pattern",
    (stars) => {
      const text = "a".repeat(100_000);
      expect(globMatcher(`${stars}b`)(text)).toBe(false);
      expect(globMatcher(`${stars}b*`)(text)).toBe(false);
      expect(globMatcher(`${stars}*`)(text)).toBe(true);
    },
  );
});
