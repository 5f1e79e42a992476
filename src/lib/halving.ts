/** Where something belongs in a sorted list, by halving: the first place from which on nothing comes before it. */
export function lowerBound<T>(items: readonly T[], isBefore: (item: T) => boolean, from = 0): number {
  let [low, high] = [from, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
