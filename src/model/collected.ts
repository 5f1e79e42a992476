import type { Artifact, ArtifactsTotal } from "./artifacts.ts";
import type { Packages } from "./packages.ts";
import type { TrackingFound } from "./tracking.ts";

/** What was found of an ended attempt beside its record. */
export interface Collected {
  /** The first of them, in the order of their paths. */
  readonly artifacts?: readonly Artifact[];
  /** Of all of them. */
  readonly artifactsTotal?: ArtifactsTotal;
  /** Of the Python environment that it ran in. */
  readonly packages?: Packages;
  /** The names of the variables that it inherited from its submitter. */
  readonly variables?: readonly string[];
  /** Its GPUs, and the version of their driver. */
  readonly devices?: readonly { readonly id: string; readonly name?: string }[];
  readonly driver?: string;
  /** Of its trackers, what its runs are and what did not work with them. */
  readonly tracking?: TrackingFound;
  /** What went wrong, a sentence each. */
  readonly notes: readonly string[];
  /** Set where the disk was full: it is worth another try. */
  readonly isDiskFull?: true;
}
