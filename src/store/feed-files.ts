import { basename } from "node:path";
import { namesOrNone } from "./fs-errors.ts";
import { FEED_ENDING, type Layout } from "./layout.ts";

/** The topics that have a feed, in order. */
export function topicsIn(layout: Layout): string[] {
  const names = namesOrNone(layout.feeds).filter((name) => name.endsWith(FEED_ENDING));
  return names.map((name) => basename(name, FEED_ENDING)).sort();
}
