import { expect, test } from "bun:test";
import { lineDiff } from "../../src/lib/line-diff.ts";
import { fc } from "../rig/fast-check.ts";

const anyLines = fc.array(fc.constantFrom("a", "b", "c", ""), { minLength: 1, maxLength: 8 });
const side = (lines: readonly string[], other: string): string[] =>
  lines.filter((line) => !line.startsWith(other)).map((line) => line.slice(1));

test("a difference has both texts in it, and as many common lines as can be", () => {
  expect(lineDiff("a\nb\nc\n", "a\nx\nc\nd\n")).toEqual([" a", "-b", "+x", " c", "+d"]);
  fc.assert(
    fc.property(anyLines, anyLines, (left, right) => {
      const lines = lineDiff(`${left.join("\n")}\n`, `${right.join("\n")}\n`);
      expect(side(lines, "+")).toEqual(left);
      expect(side(lines, "-")).toEqual(right);
      expect(lines.filter((line) => line.startsWith(" "))).toHaveLength(common(left, right));
    }),
  );
});

/** The length of the longest common subsequence, by its definition. */
function common(left: readonly string[], right: readonly string[]): number {
  const [first, ...rest] = left;
  if (first === undefined || right.length === 0) return 0;
  const at = right.indexOf(first);
  const without = common(rest, right);
  return at < 0 ? without : Math.max(without, 1 + common(rest, right.slice(at + 1)));
}
