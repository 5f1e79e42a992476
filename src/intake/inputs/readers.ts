import { err, ok, type Result } from "../../lib/result.ts";
import { failRule, RULE_PATTERN, WANTED_RULE } from "../../model/fail-rule.ts";
import { called, type Fault, fault, misfit, refuse } from "../fault.ts";
import { mappingOf } from "../mapping.ts";
import { listOf, type ReadContext, reader } from "../readers.ts";
import { textLike } from "../schema.ts";
import type { Entry, Value } from "../value.ts";
import { inputSchema, isDeclaration, outputDeclaration, readInputSpec } from "./declaration.ts";
import { readAs } from "./typed-value.ts";

/** A name without blanks at its ends, =, braces and line ends. */
const NAME = /^(?!(?:__proto__|prototype|constructor)$)[^\s={}](?:[^={}\n\0]*[^\s={}])?$/u;
const names = (): Record<string, unknown> => textLike(NAME.source);

/** The name of an input or an output, or its fault. */
export function dataName({ key, span, value }: Entry): Result<string, Fault[]> {
  if (NAME.test(key)) return ok(key);
  // `--set inputs=lr=0.1`: the name was to be in the key.
  if (key === "" && value.type === "scalar" && /^[^=]+=/.test(value.text))
    return refuse(value, `is ${JSON.stringify(value.text)}, wanted a mapping`, `write inputs.${value.text}`);
  return err([
    fault(span, `${called(value)} is not a valid name here, wanted one without =, braces and outer blanks`),
  ]);
}

/** One input by itself: its value, or the default that its declaration gives; null without. */
const input = reader(inputSchema, (value: Value, { defaultCwd, home }: ReadContext) => {
  const around = { folder: defaultCwd, home };
  if (!isDeclaration(value)) return readAs({ type: "any" }, value, around);
  const spec = readInputSpec(value, around);
  return spec.ok ? ok(spec.value.default ?? null) : spec;
});

/** The values of inputs by themselves; `resolve.ts` reads them with flags, sweeps and declarations. */
export const inputs = mappingOf(dataName, input, { example: "{lr: 0.1}", names });

export const outputs = mappingOf(dataName, outputDeclaration, {
  example: "{acc: {type: float, goal: max}}",
  names,
});

const rule = reader(
  { anyOf: [textLike(RULE_PATTERN, { examples: ["nan", "> 10"] })] },
  (value: Value): Result<string, Fault[]> => {
    const isNumber = value.type === "scalar" && typeof value.data === "number";
    // YAML's own NaN and infinity are numbers.
    const typed = isNumber && !Number.isFinite(value.data) ? value.text.replace(/^[-+]?\./, "") : null;
    const read = value.type === "scalar" ? failRule(typed ?? (isNumber ? "" : value.text)) : null;
    if (read !== null) return ok(read);
    if (isNumber) return refuse(value, `is ${value.text}, wanted ${WANTED_RULE}`, `write "== ${value.text}"`);
    return misfit(value, WANTED_RULE);
  },
  String,
);

export const failRules = mappingOf(dataName, listOf(rule), { example: '{acc: nan, loss: "> 10"}', names });
