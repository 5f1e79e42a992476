import { ok, type Result } from "../lib/result.ts";
import type { Fault } from "./fault.ts";
import { atLeast, type ReadContext, reader, size } from "./readers.ts";
import type { Value } from "./value.ts";

/** A number of CPUs, fractions included; the kernel has no smaller share. */
export const cpuShare = atLeast(0.01, "a number of CPUs");

const anySize = size(0);

/** A size; a bare 0 needs no unit. */
export const sizeOrNone = reader(
  () => ({ anyOf: [anySize.schema, { const: 0 }] }),
  (value: Value, context: ReadContext): Result<number, Fault[]> =>
    value.type === "scalar" && value.data === 0 ? ok(0) : anySize(value, context),
  (bytes) => anySize.print?.(bytes) ?? "",
);
