import { idFromFileName, nameFrom, nameOf, numberOf, type TaskId } from "../model/identity.ts";
import { namesOrNone } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { lastManifest } from "../store/manifest-file.ts";
import { isOnRecord, partsOf } from "../store/run-parts.ts";

/** Tasks that were cleaned up while their artifacts stayed, by number, id or name, or by the name of their sweep. */
export function cleanedTasks(layout: Layout, reference: string): TaskId[] {
  const ids = namesOrNone(layout.runs).flatMap((name) => idFromFileName(`${name}.json`) ?? []);
  const slug = nameFrom(reference);
  const named = ids.filter(
    (id) => id === reference || String(numberOf(id)) === reference || nameOf(id) === slug,
  );
  const left = cleaned(layout, named);
  if (left.length > 0 || /^\d/.test(reference)) return left;
  return cleaned(layout, ids).filter((id) => lastManifest(layout, id)?.task?.group?.name === reference);
}

function cleaned(layout: Layout, ids: readonly TaskId[]): TaskId[] {
  return ids
    .filter((id) => !isOnRecord(layout, id))
    .toSorted((one, other) => numberOf(one) - numberOf(other));
}

/** What is kept of a task or sweep that was cleaned up, as a hint; null where there was none of that name, or nothing is left. */
export function keptOfCleaned(layout: Layout, reference: string): string | null {
  const kept = cleanedTasks(layout, reference).flatMap((id) => {
    const { artifacts, checkpoint } = partsOf(layout, id);
    return artifacts.paths.length + checkpoint.paths.length === 0 ? [] : [{ id, artifacts, checkpoint }];
  });
  const [one, ...others] = kept;
  if (one === undefined) return null;
  const folder = others.length === 0 ? layout.run(one.id) : layout.runs;
  const has = (part: "artifacts" | "checkpoint"): boolean => kept.some((of) => of[part].paths.length > 0);
  const what = [has("artifacts") ? "artifacts" : "", has("checkpoint") ? "checkpoint" : ""];
  const list = has("artifacts") ? `: stint artifacts ${reference}` : "";
  return `it was cleaned up, and its ${what.filter(Boolean).join(" and ")} ${what[0] === "" ? "is" : "are"} kept in ${folder}${list}`;
}
