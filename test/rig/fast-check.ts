import fc from "fast-check";
import { SEED } from "./seed.ts";

// Properties import fast-check from here, so that every one of them is drawn from the seed of the run.
fc.configureGlobal({ seed: SEED });

export { fc };
