import type { Machine, Terms } from "../plan/snapshot.ts";
import type { Layout } from "../store/layout.ts";

/** The machine as whoever supervises a home last saw it. */
export function seenMachine(_layout: Layout, terms: Terms): Machine {
  return { ...terms, devices: [], isProbed: false, elsewhere: [], settling: new Set() };
}
