import { PROVENANCES } from "../../model/dataset.ts";
import { datasets } from "../dataset-readers.ts";
import { oneOf } from "../readers.ts";
import type { Fields } from "./field.ts";

/** The data that it reads. */
export const DATA_FIELDS: Fields = {
  datasets: {
    read: datasets,
    to: ["spec", "datasets"],
    about: "data that is verified before the program runs, by name",
    more: "see `stint help datasets`",
    without: "none",
  },
  provenance: {
    read: oneOf(PROVENANCES),
    to: ["spec", "provenance"],
    about: "strict, or bestEffort: data that does not match its checksum is a warning",
    without: "strict",
    needs: "datasets",
  },
};
