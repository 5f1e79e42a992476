import { constants, statSync } from "node:fs";
import { type WireField, wireFields } from "../../lib/protobuf.ts";
import { withFile } from "../../lib/regular-file.ts";
import { type Measure, measureOf } from "../../model/measure.ts";
import { filesNamed } from "../files-named.ts";
import { inDamagedFolder } from "../records.ts";
import { logRecords, MAX_LOG_BYTES } from "./leveldb-log.ts";

/** What a `.wandb` file tells of a run. */
interface WandbRun {
  readonly id: string | null;
  readonly project: string | null;
  /** Null while it runs, and for ever where it was killed. */
  readonly exitCode: number | null;
  /** Texts of JSON, by name. */
  readonly config: Readonly<Record<string, string>>;
  /** The last values of what was logged or put into the summary; parts of a name have dots between them. */
  readonly values: Readonly<Record<string, Measure>>;
}

const NAME = /\.wandb$/;
/** More names are no table. */
const MAX_NAMES = 1_000;
/** The numbers of the records' types (wandb/proto/wandb_internal.proto). */
const HISTORY = 2;
const SUMMARY = 3;
const CONFIG = 5;
const RUN = 17;
const EXIT = 18;

/**
 * The last values in the `.wandb` files below a folder, those of a later file before those of an earlier one. Tells of each file that is
 * too large to be read whole.
 */
export function wandbValuesUnder(
  folder: string,
  without: readonly string[] = [],
  tell: (sentence: string) => void = () => {},
): Record<string, Measure> {
  const found: Record<string, Measure> = {};
  // Their folders have the time in their names.
  const files = filesNamed(folder, NAME, without).toSorted((left, right) =>
    left.path < right.path ? -1 : 1,
  );
  for (const { path } of files) {
    if (inDamagedFolder(() => statSync(path).size, 0) > MAX_LOG_BYTES)
      tell(`${path} is larger than 64 MiB, and only its first MiB and its last 63 MiB were read`);
    Object.assign(found, readWandb(path).values);
  }
  return found;
}

/** Reads a `.wandb` file as far as it goes: it may be written still, cut off or damaged. */
export function readWandb(path: string): WandbRun {
  const values = new Map<string, Measure>();
  const config = new Map<string, string>();
  const run = { id: null as string | null, project: null as string | null, exitCode: null as number | null };
  const readAll = (file: number): void => {
    for (const record of logRecords(file)) {
      for (const field of wireFields(record)) {
        if (field.type !== "bytes") continue;
        const fields = [...wireFields(field.bytes)];
        if (field.number === HISTORY || field.number === SUMMARY) keepValues(values, fields);
        if (field.number === CONFIG) keepConfig(config, fields);
        if (field.number === RUN) {
          run.id = textOf(fields, 1) ?? run.id;
          run.project = textOf(fields, 3) ?? run.project;
          for (const given of bytesOf(fields, 4)) keepConfig(config, [...wireFields(given)]);
        }
        if (field.number === EXIT) run.exitCode = exitCodeOf(fields);
      }
    }
  };
  inDamagedFolder(() => withFile(path, readAll, constants.O_RDONLY | constants.O_NOFOLLOW), undefined);
  return { ...run, config: Object.fromEntries(config), values: Object.fromEntries(values) };
}

/** Its own names begin with `_`: `_step`, `_runtime`. */
function keepValues(values: Map<string, Measure>, fields: readonly WireField[]): void {
  for (const { name, json } of itemsOf(fields)) {
    const value = measureOf(json);
    if (value === null || name.startsWith("_")) continue;
    if (values.has(name) || values.size < MAX_NAMES) values.set(name, value);
  }
}

function keepConfig(config: Map<string, string>, fields: readonly WireField[]): void {
  for (const { name, json } of itemsOf(fields))
    if (!name.startsWith("_") && (config.has(name) || config.size < MAX_NAMES)) config.set(name, json);
}

/** A history, summary and config have their items in field 1: a name as one text (1) or in parts (2), a value as JSON (16). */
function itemsOf(fields: readonly WireField[]): { name: string; json: string }[] {
  return bytesOf(fields, 1).flatMap((item) => {
    const parts = [...wireFields(item)];
    const nested = bytesOf(parts, 2).map((part) => part.toString("utf8"));
    const name = nested.length > 0 ? nested.join(".") : textOf(parts, 1);
    const json = textOf(parts, 16);
    return name === null || json === null ? [] : [{ name, json }];
  });
}

function bytesOf(fields: readonly WireField[], number: number): Buffer[] {
  return fields.flatMap((field) => (field.number === number && field.type === "bytes" ? [field.bytes] : []));
}

function textOf(fields: readonly WireField[], number: number): string | null {
  return bytesOf(fields, number).at(-1)?.toString("utf8") ?? null;
}

/** Protobuf leaves out a zero. */
function exitCodeOf(fields: readonly WireField[]): number {
  const code = fields.find(({ number, type }) => number === 1 && type === "varint");
  return code?.type === "varint" ? Number(BigInt.asIntN(32, code.value)) : 0;
}
