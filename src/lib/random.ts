import { randomUUIDv7 } from "bun";

/** A draw from [0, 1). */
export type Random = () => number;

/** The machine's source of draws. */
export const systemRandom: Random = () => Math.random();

/** A UUID that sorts by its time of creation (RFC 9562, version 7). */
export function uuid(): string {
  return randomUUIDv7();
}

/** A text of random bytes that cannot be guessed, in letters, digits, `-` and `_`. */
export function secret(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}
