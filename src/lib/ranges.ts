/** Numbers in ascending order as ranges: `3-7`, `12`. */
export function rangesOf(numbers: Iterable<number>): string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...new Set(numbers)].toSorted((left, right) => left - right)) {
    const current = ranges.at(-1);
    if (current !== undefined && number === current.last + 1) current.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
}
