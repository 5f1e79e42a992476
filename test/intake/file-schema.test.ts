import { describe, expect, test } from "bun:test";
import { FIELDS } from "../../src/intake/fields.ts";
import { KEY_SCHEMAS } from "../../src/intake/file-schema.ts";

describe("KEY_SCHEMAS", () => {
  test("describe exactly the keys that are read", () => {
    const described = Object.entries(KEY_SCHEMAS).flatMap(([key, schema]) => {
      const alternatives = [schema, ...((schema["anyOf"] as (typeof schema)[] | undefined) ?? [])];
      const members = alternatives.flatMap((one) =>
        Object.keys((one["properties"] as object | undefined) ?? {}),
      );
      const own = FIELDS[key] === undefined ? [] : [key];
      const below = members
        .map((member) => `${key}.${member}`)
        .filter((path) => FIELDS[key] === undefined || FIELDS[path] !== undefined);
      return [...own, ...below];
    });
    // Other ways to say what other keys say.
    const others = ["retry.backoff", "container.command", "container.args", "container.env"];
    expect(described.filter((key) => !others.includes(key)).toSorted()).toEqual(
      Object.keys(FIELDS).toSorted(),
    );
  });
});
