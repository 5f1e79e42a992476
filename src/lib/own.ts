/** Looks up a key that a user may have chosen: inherited names such as `constructor` are not found. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
