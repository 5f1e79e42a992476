import { randomUUIDv7 } from "bun";

/** A draw from [0, 1). */
export type Random = () => number;

/** The machine's source of draws. */
export const systemRandom: Random = () => Math.random();

/** A UUID that sorts by its time of creation (RFC 9562, version 7). */
export function uuid(): string {
  return randomUUIDv7();
}
