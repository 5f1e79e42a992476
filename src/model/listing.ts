import * as v from "valibot";

/** The names with the highest numbers of a directory, true while it is as its stamp says. */
const keptListing = v.strictObject({ stamp: v.string(), names: v.array(v.string()) });

/** What a reader keeps of long listings, by the place listed. */
export const keptListings = v.strictObject({ bootId: v.string(), places: v.record(v.string(), keptListing) });
export type KeptListings = v.InferOutput<typeof keptListings>;
