import { namesIn } from "../lib/long-folder.ts";
import type { Steps } from "../lib/steps.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import type { StateDirectory } from "../model/state.ts";
import type { Layout } from "./layout.ts";

/** Numbers in a span; what is cached of a span is in one file. */
const SPAN = 10_000;

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
      const offset = numberOf(id) % SPAN;
      const { byOffset, twins } = found.getOrInsertComputed(numberOf(id) - offset, emptySpan);
      if (byOffset[offset] === null) byOffset[offset] = id;
      else twins.push(id);
    }
    yield;
  }
  const spans = [...found].sort(([left], [right]) => left - right);
  return { count, spans: new Map(spans.map(([first, span]) => [first, inOrder(span)])), others };
}

/** The ids of a span, each in the place of its number: a folder lists them in no order, and to sort a million takes half a second. */
interface Found {
  readonly byOffset: (TaskId | null)[];
  /** Of a number that another id has too. */
  readonly twins: TaskId[];
}

function emptySpan(): Found {
  return { byOffset: Array.from({ length: SPAN }, () => null), twins: [] };
}

function inOrder({ byOffset, twins }: Found): TaskId[] {
  const ids = byOffset.filter((id) => id !== null);
  return twins.length === 0 ? ids : [...ids, ...twins].sort();
}
