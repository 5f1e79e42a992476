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
  /** The ids by the first number of their span, in the order of these. */
  readonly spans: ReadonlyMap<number, TaskId[]>;
  /** Names that no record has. */
  readonly others: readonly string[];
}

/** Lists a folder in steps: one with a million names takes a second. */
export function* listing(layout: Layout, place: StateDirectory): Steps<Listing> {
  const found = new Map<number, TaskId[]>();
  const others: string[] = [];
  let count = 0;
  for (const names of namesIn(layout.place(place))) {
    for (const name of names) {
      const id = idFromFileName(name);
      if (id === null) others.push(name);
      else found.getOrInsertComputed(spanOf(id), () => []).push(id);
      if (id !== null) count += 1;
    }
    yield;
  }
  return { count, spans: new Map([...found].sort(([left], [right]) => left - right)), others };
}

/** The first number of the span of a task. */
function spanOf(id: TaskId): number {
  const number = numberOf(id);
  return number - (number % SPAN);
}
