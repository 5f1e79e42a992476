import { containerOf, type Kind } from "../model/kind.ts";
import { type ContainerEnd, readContainerEnd } from "./container-end.ts";
import { readExit } from "./records.ts";

/** How a job ended, by what lies in its attempt's directory; what an engine says of memory goes with it. */
export type JobEnd = Omit<ContainerEnd, "oomKilled"> & Partial<Pick<ContainerEnd, "oomKilled">>;

/**
 * Reads the result of an attempt whose leader is gone, or null where there is none. The end of a container's runner is not that of
 * the container.
 */
export function readEnding(
  { directory, token }: { readonly directory: string; readonly token: string },
  kind: Kind,
): JobEnd | null {
  const exit = readExit(directory, token);
  if (containerOf(kind) === null) return exit;
  return readContainerEnd(directory, exit?.ending.type === "exited" && exit.ending.sawTerm);
}
