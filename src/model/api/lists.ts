import * as v from "valibot";
import { STATES } from "../state.ts";

const record = v.record(v.string(), v.unknown());

/** The GPUs, as the supervisor saw them last. */
export const gpusSchema = v.strictObject({
  at: v.string(),
  /** Why they cannot be read; null where they can. */
  problem: v.nullable(v.string()),
  devices: v.array(
    v.looseObject({
      id: v.string(),
      tasks: v.array(v.looseObject({ id: v.string(), isGiven: v.boolean() })),
    }),
  ),
});

/** The schedules, in the order of their names. */
export const schedulesSchema = v.strictObject({
  schedules: v.array(
    v.strictObject({
      name: v.string(),
      /** Of its file; null where it has none. */
      faults: v.nullable(v.string()),
      /** Why its next firing would queue nothing. */
      problem: v.nullable(v.string()),
      isPaused: v.boolean(),
      timeZone: v.nullable(v.string()),
      next: v.array(v.strictObject({ firedFor: v.string(), at: v.string() })),
      last: v.nullable(
        v.looseObject({
          firedFor: v.string(),
          tasks: v.array(v.looseObject({ id: v.string(), state: v.string() })),
        }),
      ),
    }),
  ),
});

/** What runs gave, a row for each task. */
export const resultsSchema = v.strictObject({
  rows: v.array(
    v.strictObject({
      id: v.string(),
      number: v.number(),
      name: v.string(),
      state: v.picklist(STATES),
      failure: v.nullable(v.string()),
      attempt: v.number(),
      values: v.record(v.string(), v.string()),
      inputs: record,
      commandChanged: v.boolean(),
      outputs: v.record(v.string(), v.looseObject({ value: v.unknown(), source: v.string() })),
      ranMs: v.nullable(v.number()),
      gpus: v.array(v.string()),
      gpuMs: v.number(),
    }),
  ),
  outputs: v.array(v.string()),
  goals: record,
  /** What could not be read, or not whole. */
  notes: v.array(v.string()),
});
