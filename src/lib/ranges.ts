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

/** The ends of a range such as `3-7`; null for another text. */
export function rangeIn(text: string): [first: number, last: number] | null {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return first === undefined ? null : [Number(first), Number(last)];
}
