import { formatBytes } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { readFields } from "../model/api/fields.ts";
import { jsonIn } from "../model/check.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import type { Body } from "./endpoint.ts";

/** As large as a file of an inbox may be. */
const MAX_TEXT_BYTES = 10 * 1_024 * 1_024;
const MAX_JSON_BYTES = 1_024 * 1_024;
/** A body must be here after this time, however it trickles in. */
const MAX_BODY_MS = 10_000;

/** Media types that another site can send without being asked first (CORS) are no JSON. */
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const TEXT_TYPES = [
  "application/yaml",
  "application/x-yaml",
  "text/yaml",
  "text/x-yaml",
  "application/json",
  "text/plain",
];

/** The media types that a body may have. */
export function typesOf(body: Body): readonly string[] {
  return body.type === "json" ? ["application/json"] : TEXT_TYPES;
}

/** Reads the body of a request as its endpoint declares it. */
export async function readBody(request: Request, body: Body | null): Promise<Result<unknown, Problem>> {
  if (body === null) return ok(null);
  const type = request.headers.get("content-type") ?? "";
  const isKnown =
    body.type === "json"
      ? JSON_TYPE.test(type)
      : TEXT_TYPES.includes(type.split(";")[0]?.trim().toLowerCase() ?? "");
  if (!isKnown)
    return refused(
      `its content-type is ${type === "" ? "missing" : `"${type.slice(0, 80)}"`}, wanted ${typesOf(body).slice(0, 2).join(" or ")}`,
    );
  const bytes = await bytesOf(request, body.type === "json" ? MAX_JSON_BYTES : MAX_TEXT_BYTES);
  if (!bytes.ok) return bytes;
  const text = decodeUtf8(bytes.value);
  if (!text.ok) return rejected("WRONG_ENCODING", `Cannot read the body: ${text.error}`);
  if (body.type === "text") return ok(text.value);
  const data = jsonIn(text.value);
  if (data === undefined) return refused("it is not JSON, wanted an object");
  const fields = readFields(body.fields, data);
  return fields.ok ? fields : refused(fields.error);
}

function refused(what: string): Result<never, Problem> {
  return rejected("USAGE", `Cannot read the body: ${what}`, "see `stint help api`");
}

async function bytesOf(request: Request, most: number): Promise<Result<Uint8Array, Problem>> {
  const large = (): Problem =>
    problem(
      "TOO_LARGE",
      `Cannot read the body: it is larger than ${formatBytes(most)}`,
      "send less at a time",
    );
  // Also a length that is no number: nothing says how much would come.
  if (Number(request.headers.get("content-length") ?? 0) > most) return err(large());
  if (request.body === null) return ok(new Uint8Array());
  const body: ReadableStream<Uint8Array> = request.body;
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel();
  }, MAX_BODY_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate)
        return rejected(
          "TOO_SLOW",
          `Cannot read the body: it did not arrive within ${MAX_BODY_MS / 1_000} s`,
        );
      if (done) return ok(Buffer.concat(chunks));
      length += value.length;
      if (length > most) {
        void reader.cancel();
        return err(large());
      }
      chunks.push(value);
    }
  } catch {
    return rejected("USAGE", "Cannot read the body: the connection ended before it was complete");
  } finally {
    clearTimeout(timer);
  }
}
