import { datasets } from "../dataset-readers.ts";
import type { Fields } from "./field.ts";

/** The data that it reads. */
export const DATA_FIELDS: Fields = {
  datasets: {
    read: datasets,
    to: ["spec", "datasets"],
    about: "data that is verified before the program runs, by name",
    more: "`{digits: {path, sha256}}`; the program finds it as STINT_DATASET_DIGITS",
    without: "none",
  },
};
