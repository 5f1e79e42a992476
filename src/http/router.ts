import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** The root of the API. */
export const API = "/api/v1";

/** What a request asks for. */
export interface Routed {
  readonly endpoint: Endpoint;
  /** The task that the path names; empty where it names none. */
  readonly task: string;
}

/** A path without an endpoint for the method; `allowed` are the methods that it has. */
export interface Unrouted {
  readonly problem: Problem;
  readonly allowed: readonly string[];
}

/** Finds the endpoint of a path, which is matched as it was sent: only a whole segment is decoded, and checked afterwards. */
export function routeOf(
  endpoints: readonly Endpoint[],
  { method, path }: { readonly method: string; readonly path: string },
): Result<Routed, Unrouted> {
  const asked = method === "HEAD" ? "GET" : method;
  const found = endpoints.flatMap((endpoint) => {
    const task = taskIn(`${API}${endpoint.path}`, path);
    return task === null ? [] : [{ endpoint, task }];
  });
  const routed = found.find(({ endpoint }) => endpoint.method === asked);
  if (routed !== undefined) return ok(routed);
  if (found.length > 0) {
    const allowed = found.flatMap(({ endpoint }) => (endpoint.method === "GET" ? ["GET", "HEAD"] : ["POST"]));
    const message = `Cannot answer ${method.slice(0, 20)} ${shown(path)}: it has ${allowed.join(", ")}`;
    return err({ problem: problem("METHOD_NOT_ALLOWED", message), allowed });
  }
  const near = closest(path, new Set(endpoints.map((endpoint) => `${API}${endpoint.path}`)));
  const hint = near === null ? `see ${API}/openapi.json` : `did you mean ${near}?`;
  return err({
    problem: problem("NOT_FOUND", `Cannot answer ${shown(path)}: there is no such path`, hint),
    allowed: [],
  });
}

/** The decoded segment that stands for `{task}`; empty where the pattern has none, null where the path does not match. */
function taskIn(pattern: string, path: string): string | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  let task = "";
  for (const [index, segment] of wanted.entries()) {
    const text = given[index] ?? "";
    if (segment !== "{task}") {
      if (segment !== text) return null;
      continue;
    }
    const decoded = decodedSegment(text);
    if (decoded === null) return null;
    task = decoded;
  }
  return task;
}

/** What `findNamed` takes for one task, without commas and ranges; nothing with a slash or a dot at its beginning. */
const REFERENCE = /^(?:\d{1,15}(?:-[A-Za-z][\w.-]*)?|[A-Za-z][\w.-]*)$/;

function decodedSegment(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return decoded.length <= 256 && REFERENCE.test(decoded) ? decoded : null;
  } catch {
    return null;
  }
}

function shown(path: string): string {
  return path.length > 100 ? `${path.slice(0, 100)}…` : path;
}
