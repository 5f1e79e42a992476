/** Binary search in a sorted list: the first index whose item is not before the one sought. */
export function lowerBound<T>(items: readonly T[], isBefore: (item: T) => boolean, from = 0): number {
  let [low, high] = [from, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
