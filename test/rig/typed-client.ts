type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query";
    readonly schema: Json;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

/** A description of an API, as far as a client needs it. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** The text of a TypeScript module with a typed function for each operation that answers JSON. */
export function typedClient({ paths, components }: OpenApi): string {
  const types = Object.entries(components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};`,
  );
  const functions = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => functionOf(path, { method, operation })),
  );
  return [
    ...types,
    "export interface Server { readonly address: string; readonly token: string }",
    "async function send<T>({ address, token }: Server, method: string, path: string, query: object, type: string, body?: string): Promise<T> {",
    "  const url = new URL(path, address);",
    "  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));",
    '  const headers = { authorization: `Bearer ${token}`, "content-type": type };',
    "  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });",
    "  if (!answer.ok) throw new Error(((await answer.json()) as Problem).detail);",
    "  return (await answer.json()) as T;",
    "}",
    ...functions,
  ].join("\n");
}

function functionOf(path: string, of: { readonly method: string; readonly operation: Operation }): string[] {
  const { operationId, parameters, requestBody, responses } = of.operation;
  const answer = Object.entries(responses).find(([status]) => status !== "default")?.[1].content;
  const schema = answer?.["application/json"]?.schema;
  if (schema === undefined) return [];
  const query = parameters
    .filter((one) => one.in === "query")
    .map(({ name, schema: its }) => `${name}?: ${typeOf(its)}`);
  const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => `${name}: string`);
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? ["application/json", null];
  const given = [
    ...inPath,
    ...(body === null ? [] : [`body: ${typeOf(body.schema)}`]),
    `query: { ${query.join("; ")} } = {}`,
  ];
  const target = `\`${path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => `\${encodeURIComponent(${name})}`)}\``;
  const text = body === null ? "" : type === "application/json" ? ", JSON.stringify(body)" : ", body";
  return [
    `export function ${operationId}(server: Server, ${given.join(", ")}): Promise<${typeOf(schema)}> {`,
    `  return send(server, "${of.method.toUpperCase()}", ${target}, query, "${type}"${text});`,
    "}",
  ];
}

/** The type of the values of a JSON Schema. */
function typeOf(schema: Json): string {
  const { $ref: reference, type } = schema;
  if (typeof reference === "string") return reference.split("/").at(-1) ?? "never";
  if ("const" in schema) return JSON.stringify(schema["const"]);
  for (const [key, sign] of [
    ["enum", "|"],
    ["anyOf", "|"],
    ["oneOf", "|"],
    ["allOf", "&"],
  ] as const) {
    const several = schema[key] as readonly unknown[] | undefined;
    if (several === undefined) continue;
    const types = several.map((one) => (key === "enum" ? JSON.stringify(one) : `(${typeOf(one as Json)})`));
    return types.length === 0 ? "never" : types.join(` ${sign} `);
  }
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one as string })).join(" | ");
  switch (type) {
    case "string":
    case "boolean":
    case "null":
    case "number":
      return type;
    case "integer":
      return "number";
    case "array":
      return `(${"items" in schema ? typeOf(schema["items"] as Json) : "unknown"})[]`;
    case "object":
      return objectType(schema);
    default:
      return "unknown";
  }
}

function objectType(schema: Json): string {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
  const required = (schema["required"] ?? []) as readonly string[];
  const more = schema["additionalProperties"];
  if (properties.length === 0)
    return typeof more === "object" ? `Record<string, ${typeOf(more as Json)}>` : "Record<string, unknown>";
  const fields = properties.map(
    ([name, its]) => `${JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeOf(its)}`,
  );
  return `{ ${fields.join("; ")} }`;
}
