import type { Clock } from "../../lib/clock.ts";
import type { Result } from "../../lib/result.ts";
import type { Findings, PreparationOrder, StepName, StepRefusal } from "../../model/preparation.ts";
import { checkOutCode } from "../code/checkout-step.ts";
import { verifyDatasets } from "../datasets/verify.ts";
import { prepareTracking } from "../tracking/prepare-step.ts";
import { askPreflight } from "./preflight.ts";

/** What a step gets: the whole order, with the folder of the attempt, and the way to tell how far it is. */
export interface StepInput {
  readonly order: PreparationOrder;
  /** Of the attempt. */
  readonly directory: string;
  readonly clock: Clock;
  /** The environment of the preparation: PATH and HOME of the supervisor. */
  readonly environment: Readonly<Record<string, string>>;
  /** `doing` is a clause after "it is": `verifying imagenet`; `fraction` is from 0 to 1. Calls may be frequent. */
  readonly tell: (doing: string, fraction?: number) => void;
}

/** One step: returns what it found for the record, or why the program is not to run. */
export type Step = (input: StepInput) => Promise<Result<Findings, StepRefusal>>;

/** The work of each step, in the order in which they are done. */
export const STEPS: Readonly<Record<StepName, Step>> = {
  preflight: askPreflight,
  code: checkOutCode,
  data: verifyDatasets,
  // Last: what is refused before it leaves no experiment.
  tracking: prepareTracking,
};
