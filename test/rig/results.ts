import type { Result } from "../../src/lib/result.ts";

/** The value of what must have worked. */
export function valueOf<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The error of what must have failed. */
export function errorOf<E>(result: Result<unknown, E>): E {
  if (result.ok) throw new Error(`did not fail: ${JSON.stringify(result.value)}`);
  return result.error;
}
