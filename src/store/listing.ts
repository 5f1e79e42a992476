import { namesIn } from "../lib/long-folder.ts";
import type { Steps } from "../lib/steps.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import type { StateDirectory } from "../model/state.ts";
import type { Layout } from "./layout.ts";

/** Numbers in a span; what is cached of a span is in one file. */
export const SPAN = 10_000;

/** The names in a folder of records. */
export interface Listing {
  /** How many of them are names of records. */
  readonly count: number;
  /** The ids in order, by the first number of their span, in the order of these. */
  readonly spans: ReadonlyMap<number, TaskId[]>;
  /** Names that no record has. */
  readonly others: readonly string[];
}

/** Lists a folder in steps: one with a million names takes a second. */
export function* listing(layout: Layout, place: StateDirectory): Steps<Listing> {
  const found = new Map<number, Found>();
  const others: string[] = [];
  let count = 0;
  for (const names of namesIn(layout.place(place))) {
    for (const name of names) {
      const id = idFromFileName(name);
      if (id === null) {
        others.push(name);
        continue;
      }
      count += 1;
      const number = numberOf(id);
      const offset = number % SPAN;
      const { ids, offsets } = found.getOrInsertComputed(number - offset, nothingFound);
      ids.push(id);
      offsets.push(offset);
    }
    yield;
  }
  const spans = new Map<number, TaskId[]>();
  const slots: (TaskId | null)[] = [];
  for (const [first, span] of [...found].sort(([left], [right]) => left - right)) {
    spans.set(first, inOrder(span, slots));
    yield;
  }
  return { count, spans, others };
}

/** The ids of a span in the order of the folder, each with the place of its number in the span. */
interface Found {
  readonly ids: TaskId[];
  readonly offsets: number[];
}

function nothingFound(): Found {
  return { ids: [], offsets: [] };
}

/** A span with fewer ids is sorted. To sort a million takes half a second, so in others each is put in the place of its number. */
const FULL = SPAN / 16;

/** The ids in order; `slots` is room that all spans use, for a thousand sparse ones would need as many. */
function inOrder({ ids, offsets }: Found, slots: (TaskId | null)[]): TaskId[] {
  if (ids.length < FULL) return ids.sort();
  slots.length = SPAN;
  slots.fill(null);
  for (const [index, id] of ids.entries()) {
    const offset = offsets[index] ?? 0;
    // Two ids with one number.
    if (slots[offset] !== null) return ids.sort();
    slots[offset] = id;
  }
  return slots.filter((id) => id !== null);
}
