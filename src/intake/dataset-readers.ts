import { err, ok, type Result } from "../lib/result.ts";
import {
  DATA_MODES,
  DATASET_NAME,
  type Dataset,
  datasetVariable,
  SHA256,
  VERIFICATIONS,
} from "../model/dataset.ts";
import { called, type Fault, fault, refuse } from "./fault.ts";
import { mapping, mappingOf, partOf } from "./mapping.ts";
import { after, oneOf, type ReadContext, reader, text } from "./readers.ts";
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

const keys = mapping({
  path: folder,
  sha256,
  dvc: folder,
  mode: oneOf(DATA_MODES),
  verify: oneOf(VERIFICATIONS),
});
const WANTED = "{path: data/digits.npz} or {dvc: data/digits.npz.dvc}";

/** A path, or a mapping with more. */
const dataset = reader(
  () => ({
    anyOf: [
      TEXT,
      {
        ...keys.schema,
        anyOf: [{ required: ["path"] }, { required: ["dvc"] }],
        not: { required: ["sha256", "dvc"] },
      },
    ],
  }),
  (value: Value, context: ReadContext): Result<Dataset, Fault[]> => {
    if (value.type === "mapping") return datasetIn(value, context);
    const path = folder(value, context);
    if (!path.ok) return path;
    return ok(path.value.endsWith(DVC_ENDING) ? ofDvc(path.value) : { path: path.value });
  },
);

const DVC_ENDING = ".dvc";

/** DVC puts `data.dvc` beside `data`. */
function ofDvc(dvc: string): Dataset {
  return { path: dvc.slice(0, -DVC_ENDING.length), dvc };
}

function datasetIn(value: Value, context: ReadContext): Result<Dataset, Fault[]> {
  const read = keys(value, context);
  if (!read.ok) return err(read.error);
  const { path, dvc, ...rest } = read.value;
  if (dvc === undefined)
    return path === undefined ? refuse(value, `has no path, wanted ${WANTED}`) : ok({ path, ...rest });
  if (rest.sha256 !== undefined)
    return refuse(
      partOf(value, "sha256"),
      "stands beside dvc, whose file has the checksum, wanted one of the two",
    );
  if (path !== undefined) return ok({ path, dvc, ...rest });
  return dvc.endsWith(DVC_ENDING)
    ? ok({ ...ofDvc(dvc), ...rest })
    : refuse(partOf(value, "dvc"), "does not end with .dvc, wanted the path of the data too", WANTED);
}

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
