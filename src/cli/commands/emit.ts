import { resolve } from "node:path";
import { timestamp } from "../../lib/clock.ts";
import { isObject } from "../../model/check.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { eventIn, MAX_LINE_BYTES } from "../../model/event.ts";
import { FAILURE_CLASSES, FAILURE_CODES, failureEntry } from "../../model/failure.ts";
import { looseJsonIn } from "../../model/loose-json.ts";
import { type Measure, measureOf } from "../../model/measure.ts";
import { appendEvents } from "../../run/events.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { declareSubcommand, type Ended, type ValueType, type VerbGroup } from "../command-line/declare.ts";
import { usage, wrongValue } from "../command-line/usage.ts";
import { DURATION, textValue, wordValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";

const NUMBER: ValueType<number> = {
  placeholder: "N",
  wanted: "a number",
  read: (typed) => {
    const number = measureOf(typed);
    return typeof number === "number" ? number : null;
  },
};
const PERCENT: Pick<ValueType, "wanted"> = { wanted: "a percentage from 0 to 100" };
const METRIC: Pick<ValueType, "wanted"> = { wanted: "NAME=NUMBER, such as acc=0.93" };
const OUTPUT: Pick<ValueType, "wanted"> = { wanted: "NAME=VALUE, such as model=best.pt" };
const PAYLOAD: ValueType<Record<string, unknown>> = {
  placeholder: "JSON",
  wanted: 'an object of JSON, such as {"rows": 7}',
  read: (typed) => {
    const data = looseJsonIn(typed);
    return isObject(data) ? data : null;
  },
};
const CODE: ValueType<string> = {
  ...textValue("CODE"),
  offers: FAILURE_CODES.map((code) => [code, failureEntry(code).meaning] as const),
};
const STEP = { value: NUMBER, help: "at this step" };
const TEXT = { name: "TEXT", count: "any", help: "the text; several words are joined" } as const;

const progress = declareSubcommand("tell how far the job is", {
  operands: [
    { name: "PERCENT", count: "optional", help: "0 to 100; or --step and --total" },
    { ...TEXT, help: 'such as "epoch 3"' },
  ],
  flags: {
    step: { value: NUMBER, help: "number of steps done" },
    total: { value: NUMBER, help: "number of all steps" },
    eta: { value: DURATION, help: "time that is left" },
  },
  run: ({ context, flags: { step, total, eta }, operands: [typed, ...words] }) => {
    const percent = typed === undefined ? null : measureOf(typed);
    const isPercent = typeof percent === "number" && percent >= 0 && percent <= 100;
    if (typed !== undefined && !isPercent) return wrongValue("PERCENT", typed, PERCENT);
    if (typed === undefined && step === undefined)
      return usage("PERCENT is missing, wanted 0 to 100, or --step N --total N");
    const text = words.length > 0 && { text: words.join(" ") };
    const left = eta !== undefined && { eta: eta / 1_000 };
    return emit(context, [
      { type: "PROGRESS", ...(isPercent && { msg: percent }), step, total, ...left, ...text },
    ]);
  },
});

const metric = declareSubcommand("tell values that were measured", {
  operands: [{ name: "NAME=NUMBER", count: "some", help: "such as acc=0.93" }],
  flags: { step: STEP },
  run: ({ context, flags: { step }, operands }) => {
    const values = operands.map(metricIn);
    const wrong = values.indexOf(null);
    if (wrong !== -1) return wrongValue("NAME=NUMBER", operands[wrong] ?? "", METRIC);
    return emit(
      context,
      values.map((value) => ({ type: "METRIC", ...value, step })),
    );
  },
});

function metricIn(typed: string): { readonly name: string; readonly value: Measure } | null {
  const cut = typed.lastIndexOf("=");
  const value = measureOf(typed.slice(cut + 1));
  return cut < 1 || value === null ? null : { name: typed.slice(0, cut), value };
}

const output = declareSubcommand("set outputs of the job", {
  operands: [
    { name: "NAME=VALUE", count: "some", help: "a VALUE of JSON, else a text: acc=0.93 model=best.pt" },
  ],
  flags: {},
  run: ({ context, operands }) => {
    const wrong = operands.find((typed) => typed.indexOf("=") < 1);
    if (wrong !== undefined) return wrongValue("NAME=VALUE", wrong, OUTPUT);
    const outputs = operands.map((typed) => {
      const cut = typed.indexOf("=");
      const value = typed.slice(cut + 1);
      return [typed.slice(0, cut), looseJsonIn(value) ?? value] as const;
    });
    return emit(context, [{ type: "OUTPUT", payload: Object.fromEntries(outputs) }]);
  },
});

const noting = (type: "INFO" | "ERROR", summary: string) =>
  declareSubcommand(summary, {
    operands: [{ ...TEXT, count: "some" }],
    flags: { payload: { value: PAYLOAD, help: "more about it" } },
    run: ({ context, flags: { payload }, operands }) =>
      emit(context, [{ type, msg: operands.join(" "), payload }]),
  });

const ready = declareSubcommand("tell that the service of the job answers", {
  operands: [{ name: "URL", count: "optional", help: "where" }],
  flags: {},
  run: ({ context, operands: [url] }) => emit(context, [{ type: "READY", url }]),
});

const fail = declareSubcommand("say why, if the job then fails", {
  operands: [TEXT],
  flags: {
    code: { value: CODE, help: "failure code, or one of your own" },
    class: { value: wordValue(FAILURE_CLASSES, "CLASS"), help: "class of the failure" },
    retryable: { help: "a retry may succeed", excludes: ["final"] },
    final: { help: "a retry cannot succeed" },
    retryAfter: { value: DURATION, help: "retry after this time" },
  },
  run: ({ context, flags: { code, class: of, retryable, final, retryAfter }, operands }) =>
    emit(context, [
      {
        type: "FAIL",
        ...(operands.length > 0 && { msg: operands.join(" ") }),
        code,
        class: of,
        retryable: final === true ? false : retryable === true || retryAfter !== undefined || undefined,
        retryAfterMs: retryAfter,
      },
    ]),
});

const checkpoint = declareSubcommand("tell what the next attempt can go on from", {
  operands: [
    {
      name: "PATH",
      completes: "files",
      count: "one",
      help: "file or folder; the next attempt gets it in STINT_CHECKPOINT",
    },
  ],
  flags: { step: STEP },
  run: ({ context, flags: { step }, operands: [path = ""] }) =>
    emit(context, [{ type: "CHECKPOINT", path: resolve(context.cwd, path), step }]),
});

export const verb: VerbGroup = {
  subcommands: {
    progress,
    metric,
    output,
    info: noting("INFO", "add a line to the timeline"),
    error: noting("ERROR", "add an error to the timeline"),
    ready,
    fail,
    checkpoint,
  },
  notes: "Only inside a job. Each call appends a line to the file that STINT_EVENTS names: stint help events",
};

/** Appends lines to the events of the job that this process belongs to. */
function emit(context: Context, events: readonly Readonly<Record<string, unknown>>[]): Ended {
  const path = context.env["STINT_EVENTS"] ?? "";
  if (path === "") {
    return problem(
      "OUTSIDE_JOB",
      "Cannot tell stint anything: STINT_EVENTS is not set, wanted a job that stint runs",
      "start it with stint run or stint submit",
    );
  }
  const at = timestamp(context.clock.now());
  const lines = events.map(({ type, ...rest }) => JSON.stringify({ type, at, ...rest }));
  const long = lines.find((line) => Buffer.byteLength(line) > MAX_LINE_BYTES);
  if (long !== undefined)
    return usage(`the event has ${Buffer.byteLength(long)} bytes, wanted at most ${MAX_LINE_BYTES}`);
  if (lines.some((line) => eventIn(line) === null))
    return usage("the event has a name that cannot be kept, wanted at most 128 characters");
  const written = tryFs(`append to "${path}"`, () => appendEvents(path, lines));
  return written.ok ? EXIT.done : written.error;
}
