import type { ProblemDetails } from "../model/api/answers.ts";
import { ERRORS, type ErrorCode, type Problem } from "../model/errors.ts";
import { statusOf } from "./status.ts";

/** Answers are for their receiver alone, are no pages, and load nothing. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** A shorter body does not get smaller by compression. */
const MIN_COMPRESSED_BYTES = 1_024;

/** What an answer depends on in its request. */
export interface Asking {
  readonly acceptsGzip: boolean;
}

export function askingOf(request: Request): Asking {
  const accepted = request.headers.get("accept-encoding") ?? "";
  return { acceptsGzip: /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i.test(accepted) };
}

interface Sent {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
}

/** An answer with JSON. */
export function jsonAnswer(
  data: unknown,
  { acceptsGzip }: Asking,
  { status = 200, headers = {}, type = "application/json" }: Sent = {},
): Response {
  const text = Buffer.from(JSON.stringify(data));
  const isCompressed = acceptsGzip && text.length >= MIN_COMPRESSED_BYTES;
  return new Response(isCompressed ? Bun.gzipSync(text) : text, {
    status,
    headers: {
      ...HEADERS,
      "content-type": type,
      vary: "accept-encoding",
      ...(isCompressed && { "content-encoding": "gzip" }),
      ...headers,
    },
  });
}

/** An answer that is streamed. */
export function streamAnswer(stream: ReadableStream<Uint8Array>, type: string): Response {
  return new Response(stream, { headers: { ...HEADERS, "content-type": type } });
}

/** An answer without a body: nothing has changed. */
export function unchangedAnswer(etag: string): Response {
  return new Response(null, { status: 304, headers: { ...HEADERS, etag } });
}

/** What codes of the command line mean here. */
const TITLES: Partial<Record<ErrorCode, string>> = {
  USAGE: "a parameter, key or value that is not valid",
  WRONG_ENCODING: "a body that is not UTF-8 text",
};

/** An answer that refuses, as RFC 9457 has it; `more` are further members. */
export function problemAnswer(
  { code, message, hint, faults }: Problem,
  asking: Asking,
  { headers = {}, more = {} }: Pick<Sent, "headers"> & { readonly more?: object } = {},
): Response {
  const details: ProblemDetails = {
    type: `urn:stint:error:${code}`,
    title: TITLES[code] ?? ERRORS[code].meaning,
    status: statusOf(code),
    detail: message,
    code,
    ...(hint !== undefined && { hint }),
    ...(faults !== undefined && { faults }),
  };
  const { status } = details;
  return jsonAnswer({ ...details, ...more }, asking, { status, headers, type: "application/problem+json" });
}
