import * as v from "valibot";
import { checkoutOrder } from "./code.ts";
import { dataOrder, foundDatasets } from "./dataset.ts";
import { type Failure, failureCode } from "./failure.ts";
import { preflight } from "./preflight.ts";
import { trackingFound, trackingOrder } from "./tracking.ts";

/*
 * What is done for an attempt before its program runs, as data: the order that the supervisor writes into the attempt's folder, and the
 * report that the preparation writes there. A step is a key of `STEPS` with its part of the order; the work of each is in run/prepare/.
 */

/** The steps in their order, and the reason on record while each is at work. */
const STEPS = {
  preflight: "Preflight",
  code: "CheckingOut",
  data: "VerifyingData",
  tracking: "Tracking",
} as const;
export type StepName = keyof typeof STEPS;
const STEP_NAMES = Object.keys(STEPS) as StepName[];
export const PREPARATION_REASONS = Object.values(STEPS);

export function reasonOfStep(name: StepName): (typeof PREPARATION_REASONS)[number] {
  return STEPS[name];
}

/** The parts of an order, by step; a step without a part is not done. */
const orderParts = v.strictObject({
  preflight: v.optional(v.strictObject({ conditions: preflight, /** Of the job. */ cwd: v.string() })),
  code: v.optional(checkoutOrder),
  data: v.optional(dataOrder),
  tracking: v.optional(trackingOrder),
});
export type OrderParts = v.InferOutput<typeof orderParts>;

export const preparationOrder = v.strictObject({ parts: orderParts });
export type PreparationOrder = v.InferOutput<typeof preparationOrder>;

/** What the steps found, for the record of the attempt. */
const findings = v.strictObject({
  datasets: v.optional(foundDatasets),
  tracking: v.optional(trackingFound),
});
export type Findings = v.InferOutput<typeof findings>;

/** When a preparation was over: ms since the epoch, and the awake time then. */
const over = { atMs: v.number(), awakeMs: v.number() };

/** How far a preparation is, and its result. */
export const preparationReport = v.strictObject({
  /** Null before the first. */
  step: v.nullable(v.picklist(STEP_NAMES)),
  /** What it does, as a clause after "it is": `verifying imagenet`. */
  doing: v.optional(v.string()),
  /** From 0 to 1; absent where that is not known. */
  fraction: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  result: v.optional(
    v.variant("type", [
      v.strictObject({ type: v.literal("ready"), ...over, found: findings }),
      v.strictObject({
        type: v.literal("refused"),
        ...over,
        code: failureCode,
        /** `Cannot <action> "<value>": <what is>, <what is wanted>`. */
        error: v.string(),
        found: findings,
      }),
    ]),
  ),
});
export type PreparationReport = v.InferOutput<typeof preparationReport>;

/** Why a step refuses the start of the program. */
export type StepRefusal = Pick<Failure, "code" | "error">;

/** What a preparation does, with its progress: `verifying imagenet 41 %`. */
export function doingInWords({ doing, fraction }: PreparationReport): string | null {
  if (doing === undefined) return null;
  return fraction === undefined ? doing : `${doing} ${Math.floor(fraction * 100)} %`;
}
