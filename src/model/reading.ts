import * as v from "valibot";

/** The paths of the inbox files that a batch was read from, as recorded in its folder. */
export const takenFilePaths = v.array(v.string());
