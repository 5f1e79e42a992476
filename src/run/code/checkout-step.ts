import { err, ok, type Result } from "../../lib/result.ts";
import { shortHash } from "../../model/code.ts";
import type { Findings, StepRefusal } from "../../model/preparation.ts";
import type { StepInput } from "../prepare/steps.ts";
import { checkOut } from "./checkout.ts";

/** Checks out the snapshot of a task into the folder of its attempt. */
export async function checkOutCode({
  order,
  directory,
  environment,
  tell,
}: StepInput): Promise<Result<Findings, StepRefusal>> {
  const { code } = order.parts;
  const snapshot = code?.snapshot;
  if (code === undefined || snapshot === undefined) {
    const error = "Cannot check out the code: no snapshot was made of it, wanted one as of the submission";
    return err({ code: "INVALID_SPEC", error: `${error}; submit it again` });
  }
  tell(`checking out ${shortHash(snapshot)}`);
  const { link } = code;
  const done = await checkOut({ code: { ...code, snapshot }, link, directory, env: environment });
  if (done.ok) return ok({});
  const { why, text } = done.error;
  return err({ code: CODES[why], error: `Cannot check out the code: ${text}` });
}

/** What is not there may be on a disk that is mounted later. */
const CODES = {
  gone: "DATA_UNREACHABLE",
  lost: "INVALID_SPEC",
  full: "DISK_FULL",
  failed: "RUNTIME_ERROR",
} as const;
