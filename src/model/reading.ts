import * as v from "valibot";

/** The paths of the inbox files that a batch was read from, as they stand in its folder. */
export const takenFiles = v.array(v.string());
