import { artifactsPart } from "./artifacts.ts";
import { dataPart } from "./data.ts";
import type { EndedJob } from "./order.ts";
import { packagesPart } from "./packages.ts";
import type { Part } from "./part.ts";

/** What is collected of an attempt, in this order. */
export const PARTS: readonly Part[] = [artifactsPart, packagesPart, dataPart];

/** True where a job has left something to collect. */
export function needsCollecting(of: EndedJob): boolean {
  return PARTS.some((part) => part.isNeeded(of));
}
