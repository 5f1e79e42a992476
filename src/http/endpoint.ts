import type { Result } from "../lib/result.ts";
import type { BodyFields, FieldValues } from "../model/api/fields.ts";
import type { Parts } from "../model/api/json-schema.ts";
import type { Problem } from "../model/errors.ts";
import type { Access } from "./guard.ts";
import type { Parameters, ParameterValues } from "./parameters.ts";
import type { ServerContext } from "./server-context.ts";

type Schema = Parts[string];

/** What a body is: JSON with some keys, or the text of a task file. */
export type Body = { readonly type: "json"; readonly fields: BodyFields } | { readonly type: "text" };

/** Data to send as JSON, with what HTTP says beside it. */
interface Answered {
  readonly data: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an endpoint gives: data, a response of its own, or the reason why not. */
export type ApiOutcome = Result<Answered | Response, Problem | Refusal>;

/** A problem with more members. */
interface Refusal {
  readonly problem: Problem;
  readonly more: object;
}

/** One request to an endpoint. */
export interface ApiCall<P extends Parameters = Parameters, V = unknown> {
  readonly context: ServerContext;
  /** What the token of the request allows. */
  readonly access: Access;
  readonly request: Request;
  /** The task that the path names; empty where it names none. */
  readonly task: string;
  readonly query: ParameterValues<P>;
  readonly body: V;
}

interface Declared {
  readonly method: "GET" | "POST";
  /** Below the root of the API; `{task}` is its only parameter. */
  readonly path: string;
  readonly access: Access;
  /** Its name in generated clients. */
  readonly name: string;
  readonly summary: string;
  readonly answer:
    | { readonly status: 200 | 201; readonly schema: Schema; readonly about: string }
    /** The description of the API itself, or a stream of events with this schema. */
    | { readonly status: 200; readonly type: string; readonly schema?: Schema; readonly about: string };
}

/** An endpoint as plain data: the router, the description of the API and its clients are made of the table of these. */
export interface Endpoint extends Declared {
  readonly query: Parameters;
  readonly body: Body | null;
  readonly run: (call: ApiCall) => ApiOutcome | Promise<ApiOutcome>;
}

interface EndpointOf<P extends Parameters, V> extends Declared {
  readonly query?: P;
  readonly run: (call: ApiCall<P, V>) => ApiOutcome | Promise<ApiOutcome>;
}

/** An endpoint without a body. */
export function reading<const P extends Parameters>(of: EndpointOf<P, null>): Endpoint {
  return made(of, null);
}

/** An endpoint whose body is JSON with some keys. */
export function changing<const P extends Parameters, const F extends BodyFields>(
  of: EndpointOf<P, FieldValues<F>>,
  fields: F,
): Endpoint {
  return made(of, { type: "json", fields });
}

/** An endpoint whose body is the text of a task file. */
export function taking<const P extends Parameters>(of: EndpointOf<P, string>): Endpoint {
  return made(of, { type: "text" });
}

function made(
  of: Declared & { readonly query?: Parameters; readonly run: unknown },
  body: Body | null,
): Endpoint {
  // The router reads query and body as the endpoint declares them.
  return { query: {}, ...of, body } as Endpoint;
}
