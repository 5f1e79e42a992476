import { basename } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import {
  DATA_MODES,
  DATASET_NAME,
  type Dataset,
  type Datasets,
  datasetVariable,
  SHA256,
  SNAPSHOT,
  VERIFICATIONS,
} from "../model/dataset.ts";
import { called, type Fault, fault, refuse } from "./fault.ts";
import { mapping, mappingOf, partOf } from "./mapping.ts";
import { after, all, anyText, oneOf, type ReadContext, reader, text } from "./readers.ts";
import { says, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";
import { describe, type Entry, type Value } from "./value.ts";

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
export const datasetReader = reader(
  () => ({
    anyOf: [
      folder.schema,
      {
        ...keys.schema,
        anyOf: [says("path"), says("dvc")],
        not: { allOf: [says("sha256"), says("dvc")] },
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
  datasetReader,
  { example: EXAMPLE, names: () => ({ pattern: DATASET_NAME.source }) },
);

/** A member of a list as fetch_ml has it: a path, or a mapping with a name. */
const specKeys = mapping({
  name: text,
  path: folder,
  uri: text,
  checksum: text,
  version: anyText,
  sha256,
  dvc: folder,
  mode: oneOf(DATA_MODES),
  verify: oneOf(VERIFICATIONS),
});

const spec = reader(
  () => ({ anyOf: [folder.schema, { ...specKeys.schema, anyOf: ["name", "path", "uri", "dvc"].map(says) }] }),
  (value: Value, context: ReadContext): Result<[string, Dataset], Fault[]> => {
    if (value.type !== "mapping") {
      const one = datasetReader(value, context);
      return one.ok ? ok([nameOfPath(one.value.path), one.value]) : one;
    }
    const read = specKeys(value, context);
    if (!read.ok) return err(read.error);
    const { name, uri, checksum } = read.value;
    const renamed = value.entries.flatMap(({ key, ...entry }): Entry[] => {
      if (key === "name" || key === "version") return [];
      const now = { uri: "path", checksum: "sha256" }[key] ?? key;
      return [{ ...entry, key: now, value: now === key ? entry.value : bare(entry.value) }];
    });
    // The name alone is a path, as in the older list.
    const isNameOnly = renamed.length === 0 && name !== undefined;
    if (uri !== undefined && /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i.test(uri))
      return refuse(partOf(value, "uri"), "is no path of this machine, wanted the path where it is mounted");
    if (checksum !== undefined && !/^(?:sha256:)?[0-9A-Fa-f]{64}$/.test(checksum))
      return refuse(partOf(value, "checksum"), "is no sha256, wanted its 64 hexadecimal digits");
    const one = isNameOnly
      ? folderNamed(partOf(value, "name"), context)
      : datasetIn({ ...value, entries: renamed }, context);
    return one.ok ? ok([name ?? nameOfPath(one.value.path), one.value]) : one;
  },
);

/** `file:///data` is `/data`, and `sha256:9c2b` is `9c2b`. */
function bare(value: Value): Value {
  if (value.type !== "scalar") return value;
  const plain = value.text.replace(/^(?:file:\/\/|sha256:)/, "");
  return { ...value, text: plain, data: plain };
}

function folderNamed(value: Value, context: ReadContext): Result<Dataset, Fault[]> {
  const path = folder(value, context);
  return path.ok ? ok({ path: path.value }) : path;
}

/** `data/digits.npz` is `digits`. */
function nameOfPath(path: string): string {
  return basename(path)
    .replace(/\.[^.]*$/, "")
    .replaceAll(/[^\w.-]+/g, "_");
}

/** Data sets by name, or the list of the seeds; two names with one variable are refused. */
export const datasets = reader(
  () => ({ anyOf: [byName.schema, { type: "array", items: spec.schema }] }),
  (value: Value, context: ReadContext): Result<Datasets, Fault[]> => {
    if (value.type === "mapping") {
      const read = byName(value, context);
      return read.ok ? apart(Object.entries(read.value), value) : read;
    }
    if (value.type !== "list") return byName(value, context);
    const read = all(value.items.map((item) => spec(item, context)));
    return read.ok ? apart(read.value, value) : read;
  },
  (read) => Object.keys(read).join(" "),
);

function apart(read: readonly (readonly [string, Dataset])[], value: Value): Result<Datasets, Fault[]> {
  const variables = new Map<string, string>();
  for (const [name] of read) {
    if (!DATASET_NAME.test(name) || name === SNAPSHOT)
      return refuse(value, `has "${name}", which is not a valid name here, wanted letters, digits, - and _`);
    const other = variables.get(datasetVariable(name));
    if (other !== undefined)
      return refuse(value, `has "${other}" and "${name}", which share the variable ${datasetVariable(name)}`);
    variables.set(datasetVariable(name), name);
  }
  return ok(Object.fromEntries(read));
}
