/** More pairs of lines are not compared: then all lines between the common start and end differ. */
const MAX_PAIRS = 4_000_000;

/** The lines of two texts, each with a sign before it: ` ` for one in both, `-` for one in the first alone, `+` in the second. */
export function lineDiff(first: string, second: string): string[] {
  const [left, right] = [linesOf(first), linesOf(second)];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const middle = between(left.slice(start, left.length - end), right.slice(start, right.length - end));
  const same = (lines: readonly string[]): string[] => lines.map((line) => ` ${line}`);
  return [...same(left.slice(0, start)), ...middle, ...same(left.slice(left.length - end))];
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}

/** By the longest common subsequence, whose lengths are computed from the end. */
function between(left: readonly string[], right: readonly string[]): string[] {
  if (left.length * right.length > MAX_PAIRS)
    return [...left.map((line) => `-${line}`), ...right.map((line) => `+${line}`)];
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push(` ${left[row]}`);
      row += 1;
      column += 1;
    } else if (column >= right.length || (row < left.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`-${left[row]}`);
      row += 1;
    } else {
      lines.push(`+${right[column]}`);
      column += 1;
    }
  }
  return lines;
}
