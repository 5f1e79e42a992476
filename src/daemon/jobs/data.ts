import { unlessRefused } from "../../lib/errno.ts";
import { readOwnFile } from "../../lib/regular-file.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseJson } from "../../model/check.ts";
import { type Datasets, SNAPSHOT, snapshotFile } from "../../model/dataset.ts";
import type { Task } from "../../model/task.ts";
import type { NotStarted } from "../../run/launch.ts";
import type { Layout } from "../../store/layout.ts";

/** More than any of these files holds. */
const MAX_BYTES = 65_536;

/** The data of a task, with that of its snapshot; null where it has none. */
export function datasetsFor({ spec }: Task, layout: Layout): Result<Datasets | null, NotStarted> {
  const { datasets, snapshot } = spec;
  if (snapshot === undefined) return ok(datasets ?? null);
  const path = layout.snapshot(snapshot);
  const cannot = `Cannot use the snapshot "${snapshot}": ${path}`;
  const text = unlessRefused(() => readOwnFile(path, MAX_BYTES), null, ["ENOENT"]);
  const wanted = `wanted {"path": FOLDER, "sha256": CHECKSUM}`;
  if (text === null) return err({ code: "DATA_UNREACHABLE", error: `${cannot} does not exist, ${wanted}` });
  const found = parseJson(snapshotFile, text);
  if (found === null) return err({ code: "INVALID_SPEC", error: `${cannot} says something else, ${wanted}` });
  return ok({ ...datasets, [SNAPSHOT]: { path: found.path, sha256: found.sha256 } });
}
