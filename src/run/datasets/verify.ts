import { err, ok, type Result } from "../../lib/result.ts";
import type { Dataset, FoundDataset } from "../../model/dataset.ts";
import type { Findings, StepRefusal } from "../../model/preparation.ts";
import type { StepInput } from "../prepare/steps.ts";
import { digestOf } from "./digest.ts";
import { type DataFault, readTree } from "./tree.ts";

/** Verifies the data sets of a task, in the order of their names in the task file. */
export async function verifyDatasets({ order, tell }: StepInput): Promise<Result<Findings, StepRefusal>> {
  const found: Record<string, FoundDataset> = {};
  for (const [name, dataset] of Object.entries(order.parts.datasets ?? {})) {
    const one = verifyOne(name, { dataset, tell });
    if (!one.ok) return one;
    found[name] = one.value;
  }
  return ok({ datasets: found });
}

function verifyOne(
  name: string,
  { dataset, tell }: { readonly dataset: Dataset; readonly tell: StepInput["tell"] },
): Result<FoundDataset, StepRefusal> {
  const { path, sha256: expected } = dataset;
  const doing = `verifying ${name}`;
  tell(doing);
  const tree = readTree(path);
  if (!tree.ok) return err(refusalOf(name, tree.error));
  const { bytes, files, isFolder } = tree.value;
  let read = 0;
  const digest = digestOf(path, tree.value, (count) => {
    read += count;
    tell(doing, read / bytes);
  });
  if (!digest.ok) return err(refusalOf(name, digest.error));
  const sha256 = digest.value;
  if (expected !== undefined && sha256 !== expected)
    return err({
      code: "DATA_MISMATCH",
      error: `Cannot use the data set "${name}": ${path} has the sha256 ${sha256}, wanted ${expected}`,
    });
  return ok({ path, sha256, bytes, ...(isFolder && { files: files.length }) });
}

function refusalOf(name: string, { code, path, is }: DataFault): StepRefusal {
  return { code, error: `Cannot use the data set "${name}": ${path} ${is}` };
}
