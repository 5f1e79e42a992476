import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { DataReader } from "../../model/data-cache.ts";
import type { DataOrder, Dataset, FoundDataset } from "../../model/dataset.ts";
import type { Findings, StepRefusal } from "../../model/preparation.ts";
import { readReport } from "../prepare/report.ts";
import type { StepInput } from "../prepare/steps.ts";
import { CachedDigest } from "./cache.ts";
import { type Algorithm, digestOf } from "./digest.ts";
import { readDvcFile } from "./dvc.ts";
import { type DataFault, type DataTree, readTree, refusable } from "./tree.ts";
import { takeTurn } from "./turn.ts";

/*
 * Verifies the data of a task before its program runs. The data is read once for all tasks that need it: what was found is kept with the
 * stamp of all files, and of several attempts that need the same data at a time one reads it while the others wait for it.
 *
 * Order of effects for a data set: its files are listed; where their stamp is that of the last reading, its checksum counts. Else the
 * turn is taken, the files are read, and listed again: what changed meanwhile is no data to run with. Then the checksum is kept, and
 * compared. A kill leaves at most a turn, which the next process takes over.
 */

/** How often a process that waits looks whether the data was read. */
const LOOK_MS = 200;
/**
 * The clocks of file systems stand still for a moment: a change within it would not change the stamp. The coarsest count in 2 s, and have
 * no fractions.
 */
const FINE_NS = 100_000_000n;
const COARSE_NS = 2_500_000_000n;

type Around = Pick<StepInput, "directory" | "tell" | "clock">;

/** Verifies the data sets of a task, in the order of the task file. */
export async function verifyDatasets({
  order,
  ...around
}: StepInput): Promise<Result<Findings, StepRefusal>> {
  const { data } = order.parts;
  const found: Record<string, FoundDataset> = {};
  for (const [name, dataset] of Object.entries(data?.datasets ?? {})) {
    if (data === undefined) break;
    const one = await verifyOne({ name, dataset, data }, around);
    if (!one.ok) return one;
    found[name] = one.value;
  }
  return ok({ datasets: found });
}

interface Wanted {
  readonly name: string;
  readonly dataset: Dataset;
  readonly data: DataOrder;
}

async function verifyOne(wanted: Wanted, around: Around): Promise<Result<FoundDataset, StepRefusal>> {
  const { name, dataset, data } = wanted;
  const { path, verify = "cached" } = dataset;
  around.tell(`verifying ${name}`);
  if (verify === "never") {
    const there = refusable(path, () => statSync(path));
    return there.ok ? ok({ path }) : err(refusalOf(name, there.error));
  }
  const expected = expectedOf(dataset);
  if (!expected.ok) return err(refusalOf(name, expected.error));
  const { algorithm, digest: wantedDigest } = expected.value;
  const read = await readData({ ...wanted, algorithm, isTrusting: verify !== "always" }, around);
  if (!read.ok) return err(refusalOf(name, read.error));
  const { tree, digest, cache } = read.value;
  const { bytes, files, isFolder, stamp } = tree;
  const found = { path, [algorithm]: digest, bytes, stamp, ...(isFolder && { files: files.length }) };
  if (wantedDigest === null || digest === wantedDigest) {
    cache.noteTask(data.task, digest, around.clock.now());
    return ok(found);
  }
  const had = cache.recall()?.had.findLast((one) => one.digest === wantedDigest);
  const last = had === undefined ? "" : `, which ${had.task} had on ${had.at.slice(0, 10)}`;
  const is = `${path} has the ${algorithm} ${digest}, wanted ${wantedDigest}${last}${expected.value.note}`;
  return data.provenance === "bestEffort"
    ? ok({ ...found, warning: is })
    : err({ code: "DATA_MISMATCH", error: `Cannot use the data set "${name}": ${is}` });
}

interface Expected {
  readonly algorithm: Algorithm;
  /** Null where any will do. */
  readonly digest: string | null;
  /** What else a mismatch may mean; begins with a separator, or is empty. */
  readonly note: string;
}

function expectedOf({ path, sha256, dvc }: Dataset): Result<Expected, DataFault> {
  if (dvc === undefined) return ok({ algorithm: "sha256", digest: sha256 ?? null, note: "" });
  const output = readDvcFile(dvc);
  if (!output.ok) return output;
  const { md5, path: own, isPlain } = output.value;
  if (resolve(dirname(dvc), own) !== path) {
    const is = `is of "${resolve(dirname(dvc), own)}" and not of "${path}", wanted that path`;
    return err({ code: "INVALID_SPEC", path: dvc, is });
  }
  const note = isPlain ? "" : `; ${dvc} is of DVC 2, which counts CRLF as LF: dvc commit writes it again`;
  return ok({ algorithm: "md5", digest: md5, note });
}

interface Read {
  readonly tree: DataTree;
  readonly digest: string;
  readonly cache: CachedDigest;
}

/** The checksum of data as it is now: from the last reading where that is trusted, else by reading it. */
async function readData(
  wanted: Wanted & { readonly algorithm: Algorithm; readonly isTrusting: boolean },
  around: Around,
): Promise<Result<Read, DataFault>> {
  const { name, dataset, data, algorithm, isTrusting } = wanted;
  for (;;) {
    const tree = readTree(dataset.path);
    if (!tree.ok) return tree;
    const cache = new CachedDigest(data.cache, tree.value.root, algorithm);
    const recalled = (): Read | null => {
      const known = isTrusting ? cache.recall() : null;
      return known?.stamp === tree.value.stamp ? { tree: tree.value, digest: known.digest, cache } : null;
    };
    const before = recalled();
    if (before !== null) return ok(before);
    const turn = takeTurn(cache.lock, around.directory);
    if (!(Symbol.dispose in turn)) {
      tellOfOther(name, { other: turn, around });
      await Bun.sleep(LOOK_MS);
      continue;
    }
    using _held = turn;
    // Another may have read the data since, and given its turn back.
    const meanwhile = recalled();
    if (meanwhile !== null) return ok(meanwhile);
    const isKept = await hasSettled(tree.value, around.clock);
    const digest = digestWithProgress(tree.value, { name, algorithm, around });
    if (!digest.ok) return digest;
    const again = readTree(dataset.path);
    if (!again.ok) return again;
    if (again.value.stamp !== tree.value.stamp) {
      const is = "changed while it was read, wanted data that no process writes to";
      return err({ code: "DATA_UNREACHABLE", path: dataset.path, is });
    }
    const { stamp } = tree.value;
    if (isKept) cache.keep({ path: dataset.path, stamp, digest: digest.value });
    return ok({ tree: tree.value, digest: digest.value, cache });
  }
}

function digestWithProgress(
  tree: DataTree,
  {
    name,
    algorithm,
    around,
  }: { readonly name: string; readonly algorithm: Algorithm; readonly around: Around },
): Result<string, DataFault> {
  let read = 0;
  const onBytes = (count: number): void => {
    read += count;
    around.tell(`verifying ${name}`, read / tree.bytes);
  };
  return digestOf(tree, { algorithm, onBytes });
}

/** Waits until a further change would change the stamp; false where it was changed in the future, as by another clock. */
async function hasSettled({ changedNs }: DataTree, clock: Clock): Promise<boolean> {
  const settledNs = changedNs + (changedNs % 1_000_000_000n === 0n ? COARSE_NS : FINE_NS);
  const leftMs = Number(settledNs / 1_000_000n) + 1 - clock.now();
  if (leftMs > Number(COARSE_NS / 1_000_000n)) return false;
  if (leftMs > 0) await Bun.sleep(leftMs);
  return true;
}

/** The progress of the process that reads the data counts for those that wait for it. */
function tellOfOther(
  name: string,
  { other, around }: { readonly other: DataReader; readonly around: Around },
): void {
  const { fraction } = readReport(other.directory) ?? {};
  around.tell(`verifying ${name}`, fraction);
}

function refusalOf(name: string, { code, path, is }: DataFault): StepRefusal {
  return { code, error: `Cannot use the data set "${name}": ${path} ${is}` };
}
