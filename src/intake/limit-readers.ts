import { ok, type Result } from "../lib/result.ts";
import { type Fault, refuse } from "./fault.ts";
import { type ReadContext, size } from "./readers.ts";
import { describe, type Value } from "./value.ts";

/** The kernel gives no smaller share of a CPU. */
export const MIN_CPU_SHARE = 0.01;

/** A number of CPUs, also a part of one. */
export function cpuShare(value: Value): Result<number, Fault[]> {
  const isShare =
    value.type === "scalar" &&
    typeof value.data === "number" &&
    Number.isFinite(value.data) &&
    value.data >= MIN_CPU_SHARE;
  return isShare
    ? ok(value.data)
    : refuse(value, `is ${describe(value)}, wanted a number of CPUs of at least ${MIN_CPU_SHARE}`);
}

/** A size; a bare 0 needs no unit. */
export function sizeOrNone(value: Value, surroundings: ReadContext): Result<number, Fault[]> {
  return value.type === "scalar" && value.data === 0 ? ok(0) : size(0)(value, surroundings);
}
