import type { Artifact, ArtifactsTotal } from "./artifacts.ts";
import type { Packages } from "./packages.ts";

/** What was found of an ended attempt beside its record. */
export interface Collected {
  /** The first of them, in the order of their paths. */
  readonly artifacts?: readonly Artifact[];
  /** Of all of them. */
  readonly artifactsTotal?: ArtifactsTotal;
  /** Of the Python environment that it ran in. */
  readonly packages?: Packages;
  /** What went wrong, a sentence each. */
  readonly notes: readonly string[];
  /** Set where the disk was full: it is worth another try. */
  readonly isDiskFull?: true;
}
