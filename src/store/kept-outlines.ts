import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Stamp } from "../lib/long-folder.ts";
import { nameOf, type TaskId } from "../model/identity.ts";
import { type Outline, type SharedOutline, sharedOutline } from "../model/outline.ts";
import type { EndedPlace } from "../model/state.ts";
import { namesOrNone, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { readSealed, writeSealed } from "./sealed.ts";

const MAX_BYTES = 64 * 1_024 * 1_024;
/** The format of these files; one of another format is made again. */
const FORM = 1;

/** The outlines of records of a span of numbers, in the order of the ids, each with the stamp of its file: a column for each value. */
interface Columns {
  readonly form: number;
  readonly ids: readonly TaskId[];
  readonly inos: readonly number[];
  readonly changed: readonly number[];
  readonly ended: readonly string[];
  readonly updated: readonly string[];
  /** Null where the id has it. */
  readonly names: readonly (string | null)[];
  /** For each, the index in `shared` of the rest. */
  readonly rests: readonly number[];
  readonly shared: readonly SharedOutline[];
}

/** An outline to be cached, and the stamp of its record. */
export interface Kept {
  readonly outline: Outline;
  readonly stamp: Stamp;
}

/** What was kept of some numbers in a row; asked for in the order of the ids. */
export class KeptOutlines {
  readonly #columns: Columns | null;
  #at = 0;

  constructor(layout: Layout, place: EndedPlace, span: number) {
    this.#columns = columnsIn(layout.outlines(place, span));
  }

  get size(): number {
    return this.#columns?.ids.length ?? 0;
  }

  /** Null where none was kept of the file as it is now. */
  of(id: TaskId, { ino, changedMs }: Stamp): Outline | null {
    const columns = this.#columns;
    if (columns === null) return null;
    while ((columns.ids[this.#at] ?? id) < id) this.#at += 1;
    const at = this.#at;
    if (columns.ids[at] !== id || columns.inos[at] !== ino || columns.changed[at] !== changedMs) return null;
    const { [at]: endedAt } = columns.ended;
    const { [at]: updatedAt } = columns.updated;
    const rest = columns.shared[columns.rests[at] ?? -1];
    if (endedAt === undefined || updatedAt === undefined || rest === undefined) return null;
    return {
      metadata: { ...rest.metadata, id, name: columns.names[at] ?? nameOf(id), updatedAt },
      spec: rest.spec,
      status: { ...rest.status, endedAt },
    };
  }
}

/** Caches the outlines of a span of numbers; does nothing without write access. */
export function keepOutlines(
  layout: Layout,
  kept: readonly Kept[],
  { place, span }: { readonly place: EndedPlace; readonly span: number },
): void {
  writeSealed(layout, layout.outlines(place, span), jsonOf(kept));
}

/** Removes the cached outlines of spans that have no tasks any more. */
export function forgetOutlines(layout: Layout, place: EndedPlace, spans: Iterable<number>): void {
  const used = new Set([...spans].map((span) => layout.outlines(place, span)));
  const folder = dirname(layout.outlines(place, 0));
  tryFs("forget outlines", () => {
    for (const path of namesOrNone(folder).map((name) => join(folder, name)))
      if (!used.has(path)) rmSync(path, { force: true });
  });
}

function jsonOf(kept: readonly Kept[]): string {
  const shared = new Map<string, number>();
  const columns = {
    form: FORM,
    ids: kept.map(({ outline }) => outline.metadata.id),
    inos: kept.map(({ stamp }) => stamp.ino),
    changed: kept.map(({ stamp }) => stamp.changedMs),
    ended: kept.map(({ outline }) => outline.status.endedAt),
    updated: kept.map(({ outline }) => outline.metadata.updatedAt),
    names: kept.map(({ outline: { metadata } }) =>
      metadata.name === nameOf(metadata.id) ? null : metadata.name,
    ),
    rests: kept.map(({ outline }) => shared.getOrInsert(JSON.stringify(sharedOutline(outline)), shared.size)),
  };
  return `${JSON.stringify(columns).slice(0, -1)},"shared":[${[...shared.keys()].join(",")}]}`;
}

function columnsIn(path: string): Columns | null {
  const columns = readSealed(path, MAX_BYTES) as Columns | null;
  return columns?.form === FORM ? columns : null;
}
