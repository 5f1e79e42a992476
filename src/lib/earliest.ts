/** The shortest of some waits in ms; null where there is none. */
export function earliest(waits: readonly (number | null)[]): number | null {
  return waits.reduce(
    (first, ms) => (first === null || ms === null ? (first ?? ms) : Math.min(first, ms)),
    null,
  );
}
