import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { type Fault, refuse } from "../fault.ts";
import { members } from "../task-readers.ts";
import { describe, type MappingValue, type Value } from "../value.ts";

const RANGE = /^(\d+)-(\d+)(?::(\d+))?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** True for what is written like `1-3` or `1-100:10`; `2024-05` is none, since no number begins with 0. */
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
    return refuse(value, `has the range ${text}, which runs backwards`, hint);
  }
  return steps(value, { from, to, step });
}

/** The numbers of `{from: 1, to: 10, step: 2}`; an end that no step meets is not among them. */
export function longRange(value: MappingValue): Result<string[], Fault[]> {
  const read = members(value, ["from", "to", "step"]);
  if (!read.ok) return read;
  const { from, to, step } = read.value;
  if (from === undefined || to === undefined)
    return refuse(value, `has no ${from === undefined ? "from" : "to"}, wanted {from: 1, to: 10, step: 2}`);
  for (const end of [from, to, step]) {
    const isNumber = end === undefined || (end.type === "scalar" && NUMBER.test(end.text));
    if (!isNumber) return refuse(end, `is ${describe(end)}, wanted a number such as 10, -1 or 0.5`);
  }
  const texts = { from: textOf(from), to: textOf(to), step: step === undefined ? "1" : textOf(step) };
  if (Number(texts.step) === 0) return refuse(step ?? value, "is 0, wanted the difference of two numbers");
  if (Math.sign(Number(texts.to) - Number(texts.from)) * Number(texts.step) < 0) {
    const forth = texts.step.startsWith("-") ? texts.step.slice(1) : `-${texts.step}`;
    return refuse(step ?? value, "leads away from the end of the range", `write step: ${forth}`);
  }
  return steps(value, texts);
}

function textOf(value: Value): string {
  return value.type === "scalar" ? value.text : "";
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
    return refuse(value, "has a number that is too large to count with");
  const count = Math.floor((units(to) - units(from)) / units(step)) + 1;
  if (count > MAX_GROUP_SIZE) return err(tooMany(value, count));
  return ok(
    Array.from({ length: count }, (_, index) =>
      ((units(from) + index * units(step)) / 10 ** places).toFixed(places),
    ),
  );
}

/** Says that a sweep is larger than anybody means. */
export function tooMany(value: Value, count: number): Fault[] {
  return [
    {
      span: value.span,
      message: `"${value.path}" makes ${count} members, wanted at most ${MAX_GROUP_SIZE}`,
      hint: "look for a slip in a range, or split the sweep",
    },
  ];
}
