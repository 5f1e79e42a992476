import { connectToLoopback, getFromLoopback } from "./loopback-http.ts";

/** One question to a server on 127.0.0.1: does it answer? */
export interface ProbeOrder {
  readonly port: number;
  /** The path to get; null to connect and hang up. */
  readonly http: string | null;
  /** `success` is 2xx and 3xx; `any` is everything below 500, as of a server that wants a login. */
  readonly accepts: "success" | "any";
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

/** `said` is for people: what was asked, and what came of it. It may hold text of the server. */
export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly said: string };

/** How much of an unwelcome answer is told. */
const MAX_TOLD = 120;

/** Asks once; it answers within `timeoutMs` and never throws. */
export async function probe(order: ProbeOrder): Promise<ProbeAnswer> {
  const { port, http, accepts, token, timeoutMs } = order;
  if (http === null) {
    const said = await connectToLoopback(port, timeoutMs);
    return said === null ? { ok: true } : { ok: false, said: `127.0.0.1:${port}: ${said}` };
  }
  const answer = await getFromLoopback({ port, path: http, token, timeoutMs });
  // A query may hold a secret.
  const asked = `GET http://127.0.0.1:${port}${http.replace(/\?.*$/s, "")}`;
  if (typeof answer === "string") return { ok: false, said: `${asked}: ${answer}` };
  const { status, body } = answer;
  if (status >= 200 && status < (accepts === "any" ? 500 : 400)) return { ok: true };
  const line = body.trim().split("\n", 1)[0]?.trim().slice(0, MAX_TOLD) ?? "";
  const isText = line !== "" && !line.startsWith("<");
  return { ok: false, said: `${asked}: the answer was ${status}${isText ? ` (${line})` : ""}` };
}
