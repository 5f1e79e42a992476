import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { unlessRefused } from "../../lib/errno.ts";
import { err, type Result } from "../../lib/result.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { parseJson } from "../../model/check.ts";
import {
  type Findings,
  type PreparationReport,
  preparationOrder,
  type StepName,
  type StepRefusal,
} from "../../model/preparation.ts";
import { contentOf } from "../records.ts";
import { writeReport } from "./report.ts";
import { STEPS, type Step, type StepInput } from "./steps.ts";

/*
 * Prepares an attempt, in a process of its own below the recording parent and before the job's program: so it outlives the supervisor,
 * ends with the job's tree, and no loop waits for it.
 *
 * Order of effects: the supervisor writes the order and an empty report before it launches the job; each step reports how far it is; the
 * result comes last, by a rename. A kill at any point leaves a report without a result: the job never ran. The exit code tells the prefix
 * of the job whether to run the program, and the result tells the supervisor why not.
 */

/** Reports are no more frequent than this. */
const REPORT_MS = 250;

/** Does what an attempt's order says; false where the program is not to run. */
export async function prepareAttempt(
  directory: string,
  { clock, environment }: { readonly clock: Clock; readonly environment: StepInput["environment"] },
): Promise<boolean> {
  const text = contentOf(join(directory, ATTEMPT_FILES.preparationOrder));
  const order = text === null ? null : parseJson(preparationOrder, text);
  if (order === null) {
    const error = `Cannot prepare the attempt in "${directory}": its order cannot be read`;
    return conclude({ directory, clock }, { found: {}, refusal: { code: "RUNTIME_ERROR", error } });
  }
  const reporter = new Reporter(directory, clock);
  let found: Findings = {};
  for (const [name, step] of Object.entries(STEPS) as [StepName, Step][]) {
    if (order.parts[name] === undefined) continue;
    reporter.begin(name);
    const done = await tryStep(step, { order, directory, clock, environment, tell: reporter.tell });
    if (!done.ok) return conclude({ directory, clock }, { found, refusal: done.error, step: name });
    found = { ...found, ...done.value };
  }
  return conclude({ directory, clock }, { found, refusal: null });
}

async function tryStep(step: Step, of: StepInput): Promise<Result<Findings, StepRefusal>> {
  try {
    return await step(of);
  } catch (error) {
    return err({ code: "RUNTIME_ERROR", error: `Cannot prepare the job: ${String(error)}` });
  }
}

function conclude(
  { directory, clock }: { readonly directory: string; readonly clock: Clock },
  of: { readonly found: Findings; readonly refusal: StepRefusal | null; readonly step?: StepName },
): boolean {
  const { found, refusal, step = null } = of;
  const at = { atMs: clock.now(), awakeMs: clock.awakeMs() };
  const result =
    refusal === null
      ? ({ type: "ready", ...at, found } as const)
      : ({ type: "refused", ...at, ...refusal, found } as const);
  writeReport(directory, { step, result });
  return refusal === null;
}

/** Writes how far the preparation is. */
class Reporter {
  readonly #directory: string;
  readonly #clock: Clock;
  #report: PreparationReport = { step: null };
  #writtenMs = 0;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  begin(step: StepName): void {
    this.#report = { step };
    this.#write(true);
  }

  readonly tell = (doing: string, fraction?: number): void => {
    const isNew = doing !== this.#report.doing;
    const { step } = this.#report;
    this.#report = { step, doing, ...(fraction !== undefined && { fraction: Math.min(1, fraction) }) };
    this.#write(isNew);
  };

  /** Progress that cannot be written, as on a full disk, stops no preparation. */
  #write(isNew: boolean): void {
    const nowMs = this.#clock.awakeMs();
    if (!isNew && nowMs - this.#writtenMs < REPORT_MS) return;
    this.#writtenMs = nowMs;
    unlessRefused(() => writeReport(this.#directory, this.#report), undefined);
  }
}
