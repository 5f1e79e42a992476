/** A look into a table for a key that anybody may have chosen: `constructor` and its like, which every object has, are in none. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
