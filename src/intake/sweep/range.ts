import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { called, type Fault, misfit, refuse } from "../fault.ts";
import { mapping, partOf } from "../mapping.ts";
import { type ReadContext, reader } from "../readers.ts";
import { textLike } from "../schema.ts";
import type { MappingValue, Value } from "../value.ts";

const RANGE = /^(\d+)-(\d+)(?::(\d+))?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** True for a range such as `1-3` or `1-100:10`; `2024-05` is none, as its second number begins with 0. */
export function isRange(text: string): boolean {
  const match = RANGE.exec(text);
  return match !== null && match.slice(1, 3).every((part) => part === "0" || !part.startsWith("0"));
}

/** The numbers of a range such as `1-3` or `1-100:10`, both ends included. */
export function rangeOf(value: Value, text: string): Result<string[], Fault[]> {
  const [, from = "", to = "", step = "1"] = RANGE.exec(text) ?? [];
  if (Number(step) === 0) return refuse(value, `has the range ${text}, wanted a step of at least 1`);
  if (Number(from) > Number(to)) {
    const hint = `write ${to}-${from}, or {from: ${from}, to: ${to}, step: -1}`;
    return refuse(value, `has the range ${text}, which is backwards`, hint);
  }
  return steps(value, { from, to, step });
}

const end = reader(
  { anyOf: [{ type: "number" }, textLike(NUMBER.source)] },
  (value: Value): Result<string, Fault[]> =>
    value.type === "scalar" && NUMBER.test(value.text)
      ? ok(value.text)
      : misfit(value, "a number such as 10, -1 or 0.5"),
);
const rangeKeys = mapping(
  { from: end, to: end, step: end },
  { must: ["from", "to"], example: "{from: 1, to: 10, step: 2}" },
);

/** The numbers of `{from: 1, to: 10, step: 2}`; an end that no step reaches is not among them. */
export function longRange(value: MappingValue, context: ReadContext): Result<string[], Fault[]> {
  const read = rangeKeys(value, context);
  if (!read.ok) return err(read.error);
  const { from, to, step = "1" } = read.value;
  const texts = { from, to, step };
  if (Number(step) === 0) return refuse(partOf(value, "step"), "is 0, wanted the difference of two numbers");
  if (Math.sign(Number(to) - Number(from)) * Number(step) < 0) {
    const forth = step.startsWith("-") ? step.slice(1) : `-${step}`;
    return refuse(partOf(value, "step"), "leads away from the end of the range", `write step: ${forth}`);
  }
  return steps(value, texts);
}

interface Steps {
  readonly from: string;
  readonly to: string;
  readonly step: string;
}

/** Counts in whole units of the last decimal place: 0.1 + 0.2 is 0.3 here. */
function steps(value: Value, { from, to, step }: Steps): Result<string[], Fault[]> {
  const places = Math.max(...[from, to, step].map((text) => text.split(".")[1]?.length ?? 0));
  const units = (text: string): number => Math.round(Number(text) * 10 ** places);
  if (![from, to, step].every((text) => Number.isSafeInteger(units(text))))
    return refuse(value, "has a number that is too large");
  const count = Math.floor((units(to) - units(from)) / units(step)) + 1;
  if (count > MAX_GROUP_SIZE) return err(tooMany(value, count));
  return ok(
    Array.from({ length: count }, (_, index) =>
      ((units(from) + index * units(step)) / 10 ** places).toFixed(places),
    ),
  );
}

/** The fault of a sweep that is too large. */
export function tooMany(value: Value, count: number): Fault[] {
  return [
    {
      span: value.span,
      message: `${called(value)} makes ${count} members, wanted at most ${MAX_GROUP_SIZE}`,
      hint: "check the ranges, or split the sweep",
    },
  ];
}
