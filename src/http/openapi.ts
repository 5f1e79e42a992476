import { problemDetails } from "../model/api/answers.ts";
import { schemasIn } from "../model/api/json-schema.ts";
import { taskRowSchema } from "../model/api/task-row.ts";
import { attempt } from "../model/attempt.ts";
import { answer } from "../model/request.ts";
import { spec } from "../model/spec.ts";
import { task } from "../model/task.ts";
import { typesOf } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { API } from "./router.ts";

/** Each stands once in the description. */
const PARTS = {
  Task: task,
  Spec: spec,
  Attempt: attempt,
  TaskRow: taskRowSchema,
  Answer: answer,
  Problem: problemDetails,
};

const PREFIX = "#/components/schemas/";

/** Describes endpoints as OpenAPI 3.1 has it. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): object {
  const schemas = schemasIn(PARTS, PREFIX);
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const path = (paths[`${API}${endpoint.path}`] ??= {});
    path[endpoint.method.toLowerCase()] = operationOf(endpoint, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "stint",
      version,
      description: "A job queue that is a folder. `stint help api` explains tokens, statuses and events.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf(endpoint: Endpoint, schemas: ReturnType<typeof schemasIn>): object {
  const { name, summary, query, body, access } = endpoint;
  const inPath = endpoint.path.includes("{task}")
    ? [
        {
          name: "task",
          in: "path",
          required: true,
          description: "a number, an id or a name",
          schema: { type: "string" },
        },
      ]
    : [];
  const inQuery = Object.entries(query).map(([key, parameter]) => ({
    name: key,
    in: "query",
    required: false,
    description: parameter.about,
    schema: {
      ...parameter.schema,
      ...(parameter.default !== undefined && { default: parameter.default }),
    },
  }));
  return {
    operationId: name,
    summary,
    description: access === "full" ? "Needs the full token." : "Any token will do.",
    parameters: [...inPath, ...inQuery],
    ...(body !== null && { requestBody: bodyOf(body, schemas) }),
    responses: {
      [String(endpoint.answer.status)]: answerOf(endpoint, schemas),
      default: {
        description: "a refusal",
        content: { "application/problem+json": { schema: { $ref: `${PREFIX}Problem` } } },
      },
    },
  };
}

function bodyOf(body: NonNullable<Endpoint["body"]>, schemas: ReturnType<typeof schemasIn>): object {
  const schema = body.type === "json" ? schemas.ofFields(body.fields) : { type: "string" };
  return { required: true, content: Object.fromEntries(typesOf(body).map((type) => [type, { schema }])) };
}

function answerOf({ answer: of }: Endpoint, schemas: ReturnType<typeof schemasIn>): object {
  const type = "type" in of ? of.type : "application/json";
  // The schema of a stream is that of the data of an event.
  const schema =
    of.schema === undefined ? {} : type === "text/event-stream" ? { type: "string" } : schemas.of(of.schema);
  return { description: of.about, content: { [type]: { schema } } };
}
