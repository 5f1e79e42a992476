import { err, ok, type Result } from "../lib/result.ts";
import { type Fault, fault } from "./fault.ts";
import { mappingOf } from "./mapping.ts";
import { anyText, described, type Reader } from "./readers.ts";
import { IMPOSSIBLE_KEYS, orNull, textLike } from "./schema.ts";
import type { Entry } from "./value.ts";

const names = textLike(`^(?!(?:${IMPOSSIBLE_KEYS.join("|")})$)[^=]+$`);

/** A mapping from names to texts: variables, labels, annotations. `null` leaves a name out. */
export const textMap: Reader<Record<string, string>> = mappingOf(nameOf, anyText, {
  example: "{KEY: value}",
  names: () => names,
});

/** The same with limits for the lengths of names and texts. */
export function shortTextMap(most: { readonly name: number; readonly text: number }): typeof textMap {
  return described(textMap, () => ({
    propertyNames: { ...names, maxLength: most.name },
    additionalProperties: orNull({ ...anyText.schema, maxLength: most.text }),
  }));
}

function nameOf({ key, span }: Entry): Result<string, Fault[]> {
  if (key === "" || /[=\0]/.test(key))
    return err([fault(span, `"${key}" is not a valid name here, wanted one without = and not empty`)]);
  if (IMPOSSIBLE_KEYS.includes(key))
    return err([fault(span, `"${key}" is not a valid name here, wanted another one`)]);
  return ok(key);
}
