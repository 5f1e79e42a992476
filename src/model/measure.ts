import * as v from "valibot";

/** What JSON has no number for; Python writes them as NaN and Infinity. */
const NOT_FINITE = ["nan", "inf", "-inf"] as const;

/** A measured number, as records keep it. */
export const measure = v.union([v.number(), v.picklist(NOT_FINITE)]);
