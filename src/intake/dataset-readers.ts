import { err, ok, type Result } from "../lib/result.ts";
import { DATASET_NAME, type Dataset, datasetVariable, SHA256 } from "../model/dataset.ts";
import { called, type Fault, fault, refuse } from "./fault.ts";
import { mapping, mappingOf } from "./mapping.ts";
import { after, type ReadContext, reader, text } from "./readers.ts";
import { TEXT, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";
import { describe, type Value } from "./value.ts";

const EXAMPLE = "{digits: {path: data/digits.npz}}";

/** A checksum of 64 hexadecimal digits. */
const sha256 = reader(
  textLike("^[0-9A-Fa-f]{64}$"),
  after(text, (typed, value) => {
    if (SHA256.test(typed)) return ok(typed);
    const message = `is ${describe(value)}, wanted the 64 hexadecimal digits of a sha256`;
    return SHA256.test(typed.toLowerCase())
      ? ok(typed.toLowerCase())
      : refuse(value, message, "sha256sum FILE prints it");
  }),
);

const keys = mapping({ path: folder, sha256 }, { must: ["path"], example: "{path: data/digits.npz}" });

/** A path, or a mapping with more. */
const dataset = reader(
  () => ({ anyOf: [TEXT, keys.schema] }),
  (value: Value, context: ReadContext): Result<Dataset, Fault[]> => {
    if (value.type === "mapping") return keys(value, context);
    const path = folder(value, context);
    return path.ok ? ok({ path: path.value }) : path;
  },
);

const byName = mappingOf(
  ({ key, span, value }) =>
    DATASET_NAME.test(key)
      ? ok(key)
      : err([fault(span, `${called(value)} is not a valid name here, wanted letters, digits, - and _`)]),
  dataset,
  { example: EXAMPLE, names: () => ({ pattern: DATASET_NAME.source }) },
);

/** Data sets by name; two names with one variable are refused. */
export const datasets = reader(
  () => byName.schema,
  after(byName, (read, value) => {
    const variables = new Map<string, string>();
    for (const name of Object.keys(read)) {
      const other = variables.get(datasetVariable(name));
      if (other !== undefined)
        return refuse(
          value,
          `has "${other}" and "${name}", which share the variable ${datasetVariable(name)}`,
        );
      variables.set(datasetVariable(name), name);
    }
    return ok(read);
  }),
  (read) => Object.keys(read).join(" "),
);
