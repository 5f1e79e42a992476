import { constants } from "node:fs";
import { type WireField, wireFields } from "../../lib/protobuf.ts";
import { withFile } from "../../lib/regular-file.ts";
import { type Measure, measureOf } from "../../model/measure.ts";
import { inDamagedFolder } from "../records.ts";
import { recordsIn } from "./records.ts";

/** The last value of a scalar: that of the highest step. */
interface Scalar {
  readonly value: Measure;
  readonly step: number;
}

/** More tags are no table. */
const MAX_TAGS = 1_000;

/** The last values in an event file of TensorBoard, by their tags. A file that is still written, or cut off, is read as far as it goes. */
export function scalarsIn(path: string): ReadonlyMap<string, Scalar> {
  const last = new Map<string, Scalar>();
  const readAll = (file: number): void => {
    for (const event of recordsIn(file)) {
      for (const { tag, value, step } of scalarsOf(event)) {
        const before = last.get(tag);
        if (before === undefined ? last.size < MAX_TAGS : step >= before.step) last.set(tag, { value, step });
      }
    }
  };
  inDamagedFolder(() => withFile(path, readAll, constants.O_RDONLY | constants.O_NOFOLLOW), undefined);
  return last;
}

/** tensorflow/core/util/event.proto: the step is 2, the summary 5, whose values are 1. */
function scalarsOf(event: Buffer): (Scalar & { readonly tag: string })[] {
  const fields = [...wireFields(event)];
  const step = fields.find(({ number }) => number === 2);
  const at = step?.type === "varint" ? Number(BigInt.asIntN(64, step.value)) : 0;
  return bytesOf(fields, 5)
    .flatMap((summary) => bytesOf([...wireFields(summary)], 1))
    .flatMap((summaryValue) => {
      const parts = [...wireFields(summaryValue)];
      const tag = bytesOf(parts, 1).at(-1)?.toString("utf8");
      const number = simpleValue(parts) ?? bytesOf(parts, 8).map(tensorValue).at(-1) ?? null;
      const value = number === null ? null : measureOf(number);
      return tag === undefined || tag === "" || value === null ? [] : [{ tag, value, step: at }];
    });
}

function bytesOf(fields: readonly WireField[], number: number): Buffer[] {
  return fields.flatMap((field) => (field.number === number && field.type === "bytes" ? [field.bytes] : []));
}

/** tensorflow/core/framework/summary.proto: `simple_value` is 2, a float. */
function simpleValue(fields: readonly WireField[]): number | null {
  const field = fields.findLast(({ number }) => number === 2);
  return field?.type === "fixed32" ? asDecimal(field.bytes.readFloatLE()) : null;
}

/** Types of tensors (types.proto): how many bytes one has, how it is read, and its own list of values (tensor.proto). */
const NUMBERS: Readonly<Record<string, { size: number; list: number; read: (bytes: Buffer) => number }>> = {
  1: { size: 4, list: 5, read: (bytes) => asDecimal(bytes.readFloatLE()) },
  2: { size: 8, list: 6, read: (bytes) => bytes.readDoubleLE() },
};

/** The value of a tensor with one number, as `tf.summary.scalar` writes it; null for any other. */
function tensorValue(tensor: Buffer): number | null {
  const fields = [...wireFields(tensor)];
  const type = fields.find(({ number }) => number === 1);
  const format = type?.type === "varint" ? NUMBERS[String(type.value)] : undefined;
  if (format === undefined) return null;
  const single = fields.find(({ number, type: of }) => number === format.list && of.startsWith("fixed"));
  const bytes =
    single !== undefined && single.type !== "varint"
      ? single.bytes
      : (bytesOf(fields, 4)[0] ?? bytesOf(fields, format.list)[0]);
  return bytes?.length === format.size ? format.read(bytes) : null;
}

/** A float as the shortest decimal that stands for it: 0.9, not 0.8999999761581421. */
function asDecimal(float: number): number {
  const decimals = [6, 7, 8, 9].map((digits) => Number(float.toPrecision(digits)));
  return decimals.find((decimal) => Math.fround(decimal) === float) ?? float;
}
