import { MAX_SNAPSHOT_LENGTH, PROVENANCES } from "../../model/dataset.ts";
import { datasets } from "../dataset-readers.ts";
import { preflightReader } from "../preflight-readers.ts";
import { identifier } from "../queue-readers.ts";
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
    also: { datasetSpecs: {} },
  },
  snapshot: {
    read: identifier(MAX_SNAPSHOT_LENGTH),
    to: ["spec", "snapshot"],
    about: "the id of a snapshot, whose data is verified before it starts",
    more: "`snapshots/ID.json` of the home has its path and sha256; see `stint help datasets`",
    without: "none",
    also: { snapshotId: { isZeroAbsent: true } },
  },
  preflight: {
    read: preflightReader,
    to: ["spec", "preflight"],
    about: "what must hold before it starts: a shell line, or a port, host, dataset, free space",
    more: "it waits until it does; see `stint help datasets`",
    without: "none",
  },
  provenance: {
    read: oneOf(PROVENANCES),
    to: ["spec", "provenance"],
    about: "strict, or bestEffort: data that does not match its checksum is a warning",
    without: "strict",
    needs: ["datasets"],
  },
};
