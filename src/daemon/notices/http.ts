import { DELIVERED, failedTry, type Outcome } from "./outcome.ts";

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Request Timeout, Too Early, Too Many Requests (RFC 9110, 8470, 6585): the only 4xx that a retry may cure. */
const WORTH_ANOTHER = [408, 425, 429];

/** Sends a body. A redirect is refused: the message is signed for one address. Addresses may be secret, so no error contains one. */
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
    // The body of the response is not used, and may be endless.
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
