import { type Problem, problem } from "../model/errors.ts";
import type { ServeTokens } from "../store/serve-tokens.ts";

/** What a token allows: to read, or all that its user may do. */
export type Access = "read" | "full";

/** The names by which a program of this machine calls it; the port may be that of a tunnel (ssh -L). */
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
const LOCAL_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Refuses a request that a page of another site may have sent; null where there is nothing to refuse. A name that an attacker leads to
 * this machine (DNS rebinding) is no name of it. No header, or two of them, is refused too.
 */
export function foreignness(headers: Headers): Problem | null {
  const host = headers.get("host");
  if (host === null || !LOCAL.test(host))
    return problem(
      "WRONG_HOST",
      `Cannot answer for the host ${host === null ? "(none)" : `"${shown(host)}"`}, wanted localhost, 127.0.0.1 or [::1]`,
      "through a tunnel, call it localhost: ssh -L 7468:localhost:7468 MACHINE",
    );
  const origin = headers.get("origin");
  if (origin !== null && !LOCAL_ORIGIN.test(origin))
    return problem(
      "FORBIDDEN",
      `Cannot answer a page of "${shown(origin)}", wanted one of this machine`,
      "call the API from a program, or from a page that stint serves",
    );
  if (headers.get("sec-fetch-site") === "cross-site")
    return problem("FORBIDDEN", "Cannot answer a page of another site, wanted one of this machine");
  return null;
}

/** What the token of a request allows; the problem where it has none, or a wrong one. */
export function accessOf(headers: Headers, tokens: ServeTokens): Access | Problem {
  const given = /^Bearer +([\w-]+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  // Both are compared, in any case.
  const [isFull, isRead] = [isSame(given, tokens.full), isSame(given, tokens.read)];
  if (isFull && tokens.full !== null) return "full";
  if (isRead) return "read";
  const what = headers.has("authorization") ? "its token is not valid" : "it has no token";
  return problem(
    "UNAUTHORIZED",
    `Cannot answer the request: ${what}, wanted the header "Authorization: Bearer TOKEN"`,
    "the tokens are in serve-token and serve-read-token of the home",
  );
}

/** Compares hashes, so that the time tells nothing about the token, not even its length. */
function isSame(given: string, token: string | null): boolean {
  const [left, right] = [hashed(given), hashed(token ?? "")];
  let difference = token === null || token === "" ? 1 : 0;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

function hashed(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
