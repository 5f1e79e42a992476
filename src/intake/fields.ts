import { ATTEMPT_FIELDS } from "./keys/attempts.ts";
import { CODE_FIELDS } from "./keys/code.ts";
import { CONTAINER_FIELDS } from "./keys/container.ts";
import { DATA_FIELDS } from "./keys/data.ts";
import type { Field } from "./keys/field.ts";
import { JOB_DATA_FIELDS } from "./keys/job-data.ts";
import { NEED_FIELDS } from "./keys/needs.ts";
import { ORDER_FIELDS } from "./keys/order.ts";
import { PROGRAM_FIELDS } from "./keys/program.ts";
import { SERVICE_FIELDS } from "./keys/service.ts";
import { SLURM_FIELDS } from "./keys/slurm.ts";
import { TRACKING_FIELDS } from "./keys/tracking.ts";

/** Every key of a task file, of the flags of `submit` and of `stint set`, in its canonical spelling. */
export const FIELDS: Readonly<Record<string, Field>> = {
  ...PROGRAM_FIELDS,
  ...CODE_FIELDS,
  ...CONTAINER_FIELDS,
  ...NEED_FIELDS,
  ...ATTEMPT_FIELDS,
  ...ORDER_FIELDS,
  ...JOB_DATA_FIELDS,
  ...SLURM_FIELDS,
  ...DATA_FIELDS,
  ...SERVICE_FIELDS,
  ...TRACKING_FIELDS,
};
