import { DELIVERED, failedTry, type Outcome } from "./outcome.ts";

/** One POST. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Too early, too slow, too many (RFC 9110, 6585 and 8470): the only refusals of a client that time can mend. */
const WORTH_ANOTHER = [408, 425, 429];

/** Sends a body; a redirect is refused, as what is signed for one address is not for another. Addresses may be secret: no error names one. */
export async function post({ url, headers, body, timeoutMs, signal }: Post): Promise<Outcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    const { status } = response;
    // Nothing in an answer is of use, and it may have no end.
    await response.body?.cancel();
    if (status >= 200 && status < 300) return DELIVERED;
    if (status >= 300 && status < 400)
      return failedTry(`the answer was a redirect (${status}), which is not followed`, true);
    const isFinal = status >= 400 && status < 500 && !WORTH_ANOTHER.includes(status);
    return failedTry(`the answer was ${status}`, isFinal);
  } catch (error) {
    if (signal.aborted) return { type: "aborted" };
    if (timeout.aborted) return failedTry(`no answer within ${timeoutMs} ms`);
    const code = error instanceof Error && "code" in error ? String(error.code) : "the request failed";
    return failedTry(`no answer (${code})`);
  }
}
