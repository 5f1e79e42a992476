import { toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { type BodyFields, fieldsSchema } from "./fields.ts";

/** The named parts of a document; each stands in it once. */
export type Parts = Readonly<Record<string, v.GenericSchema>>;

/** Makes JSON Schemas for a document in which the parts with a name are referred to below `prefix`. */
export function schemasIn(parts: Parts, prefix: string) {
  const options = {
    errorMode: "ignore",
    target: "draft-2020-12",
    overrideRef: ({ referenceId }: { readonly referenceId: string }) => `${prefix}${referenceId}`,
  } as const;
  const bare = (schema: v.GenericSchema): object => {
    const {
      $schema: _dialect,
      $defs: _parts,
      ...json
    } = toJsonSchema(schema, { ...options, definitions: parts });
    return json;
  };
  return {
    of: bare,
    ofFields: (fields: BodyFields): object => bare(fieldsSchema(fields)),
    /** The parts by their names. */
    all: (): Record<string, unknown> => toJsonSchemaDefs(parts, options),
  };
}
