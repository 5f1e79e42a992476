/** The default of an exhaustive `switch`: the compiler refuses a missing case. */
export function unreachable(value: never): never {
  throw new Error(`missing case: ${JSON.stringify(value)}`);
}
