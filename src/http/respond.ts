import { errnoOf } from "../lib/errno.ts";
import { type Problem, problem } from "../model/errors.ts";
import { homeGone, problemFromErrno } from "../store/fs-errors.ts";
import { type Asking, askingOf, jsonAnswer, problemAnswer } from "./answer.ts";
import { readBody } from "./body.ts";
import type { ApiOutcome } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { accessOf, foreignness } from "./guard.ts";
import { readQuery } from "./parameters.ts";
import { type Routed, routeOf } from "./router.ts";
import type { ServerContext } from "./server-context.ts";

/**
 * Answers a request. Order of the checks: whether a page of another site may have sent it, its token, its path and method, whether its
 * token allows that, then query and body. Nothing of the home is read before all of them.
 */
export async function respond(context: ServerContext, request: Request): Promise<Response> {
  const asking = askingOf(request);
  const answered = await answerTo(context, request, asking);
  // The headers are those of the answer; a HEAD has no body, whatever its endpoint made.
  return request.method === "HEAD"
    ? new Response(null, { status: answered.status, headers: answered.headers })
    : answered;
}

async function answerTo(context: ServerContext, request: Request, asking: Asking): Promise<Response> {
  const foreign = foreignness(request.headers);
  if (foreign !== null) return problemAnswer(foreign, asking);
  const access = accessOf(request.headers, context.tokens);
  if (typeof access === "object")
    return problemAnswer(access, asking, { headers: { "www-authenticate": 'Bearer realm="stint"' } });
  const url = new URL(request.url);
  const routed = routeOf(ENDPOINTS, { method: request.method, path: url.pathname });
  if (!routed.ok) {
    const { problem: refused, allowed } = routed.error;
    const headers = allowed.length > 0 ? { allow: allowed.join(", ") } : {};
    return problemAnswer(refused, asking, { headers });
  }
  const { endpoint } = routed.value;
  if (endpoint.access === "full" && access !== "full") {
    const refused = problem(
      "FORBIDDEN",
      `Cannot ${endpoint.method} ${endpoint.path.slice(1)}: the token allows to read`,
      context.tokens.full === null
        ? "the server was started with --read-only"
        : "use the token in serve-token of the home",
    );
    return problemAnswer(refused, asking);
  }
  const outcome = await outcomeOf(context, { request, url, access, ...routed.value });
  if (!outcome.ok) {
    const { error } = outcome;
    return "problem" in error
      ? problemAnswer(error.problem, asking, { more: error.more })
      : problemAnswer(error, asking);
  }
  if (outcome.value instanceof Response) return outcome.value;
  const { data, status = 200, headers = {} } = outcome.value;
  return jsonAnswer(data, asking, { status, headers });
}

interface Asked extends Routed {
  readonly request: Request;
  readonly url: URL;
  readonly access: "read" | "full";
}

async function outcomeOf(
  context: ServerContext,
  { request, url, access, endpoint, task }: Asked,
): Promise<ApiOutcome> {
  const query = readQuery(endpoint.query, url.searchParams);
  if (!query.ok)
    return {
      ok: false,
      error: problem("USAGE", `Cannot read the query: ${query.error}`, "see `stint help api`"),
    };
  const body = await readBody(request, endpoint.body);
  if (!body.ok) return body;
  const gone = homeGone(context.layout.home);
  if (gone !== null) return { ok: false, error: gone };
  // A supervisor that is busy, or a job that is being ended, may take longer than a connection may be idle.
  if (endpoint.method === "POST") context.limitIdle(request, 0);
  try {
    return await endpoint.run({ context, request, access, task, query: query.value, body: body.value });
  } catch (error) {
    return { ok: false, error: problemOf(context, error) };
  }
}

/** A system error, such as a removed home, is no bug of stint. */
function problemOf({ layout, caller }: ServerContext, error: unknown): Problem {
  const errno = errnoOf(error);
  if (errno !== null) return homeGone(layout.home) ?? problemFromErrno(errno, "answer the request", error);
  caller.err(`Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return problem("INTERNAL", "Internal error: this is a bug in stint; the queue on disk is safe");
}
