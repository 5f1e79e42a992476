import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Stamp } from "../lib/long-folder.ts";
import { nameOf, type TaskId } from "../model/identity.ts";
import { figuresOf, type Outline, type SharedOutline, sharedOutline } from "../model/outline.ts";
import type { EndedPlace } from "../model/state.ts";
import { namesOrNone, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { readSealed, writeSealed } from "./sealed.ts";

const MAX_BYTES = 64 * 1_024 * 1_024;
/** The format of these files; one of another format is made again. */
const FORM = 3;

/** The outlines of records of a span of numbers, in the order of the ids, each with the stamp of its file: a column for each value. */
interface Columns {
  readonly form: number;
  readonly ids: readonly TaskId[];
  readonly inos: Float64Array;
  readonly changed: Float64Array;
  readonly ended: readonly string[];
  readonly updated: readonly string[];
  /** NaN where there is none. */
  readonly ran: Float64Array;
  readonly waited: Float64Array;
  readonly gpus: Float64Array;
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
      ranMs: valueIn(columns.ran, at),
      waitedMs: valueIn(columns.waited, at),
      gpuMs: columns.gpus[at] ?? 0,
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
  const figures = kept.map(({ outline }) => figuresOf(outline));
  const columns = {
    form: FORM,
    ids: kept.map(({ outline }) => outline.metadata.id),
    inos: packed(kept.map(({ stamp }) => stamp.ino)),
    changed: packed(kept.map(({ stamp }) => stamp.changedMs)),
    ended: kept.map(({ outline }) => outline.status.endedAt),
    updated: kept.map(({ outline }) => outline.metadata.updatedAt),
    ran: packed(figures.map(({ ranMs }) => ranMs ?? Number.NaN)),
    waited: packed(figures.map(({ waitedMs }) => waitedMs ?? Number.NaN)),
    // Few tasks have a GPU.
    gpus: figures.some(({ gpuMs }) => gpuMs > 0) ? packed(figures.map(({ gpuMs }) => gpuMs)) : "",
    names: kept.map(({ outline: { metadata } }) =>
      metadata.name === nameOf(metadata.id) ? null : metadata.name,
    ),
    rests: kept.map(({ outline }) => shared.getOrInsert(JSON.stringify(sharedOutline(outline)), shared.size)),
  };
  return `${JSON.stringify(columns).slice(0, -1)},"shared":[${[...shared.keys()].join(",")}]}`;
}

function columnsIn(path: string): Columns | null {
  const columns = readSealed(path, MAX_BYTES) as Packed | null;
  if (columns?.form !== FORM) return null;
  const { inos, changed, ran, waited, gpus } = columns;
  return {
    ...columns,
    inos: unpacked(inos),
    changed: unpacked(changed),
    ran: unpacked(ran),
    waited: unpacked(waited),
    gpus: unpacked(gpus),
  };
}

/** The columns as in a file: of numbers, the bytes, as a million numbers take JSON as long as all else. */
type Packed = { readonly [K in keyof Columns]: Columns[K] extends Float64Array ? string : Columns[K] };

function packed(numbers: readonly number[]): string {
  return new Uint8Array(new Float64Array(numbers).buffer).toBase64();
}

function unpacked(text: string): Float64Array {
  return new Float64Array(Uint8Array.fromBase64(text).buffer);
}

function valueIn(column: Float64Array, at: number): number | null {
  const value = column[at];
  return value === undefined || Number.isNaN(value) ? null : value;
}
