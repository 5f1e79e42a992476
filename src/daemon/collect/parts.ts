import { artifactsPart } from "./artifacts.ts";
import { dataPart } from "./data.ts";
import type { EndedJob } from "./order.ts";
import { packagesPart } from "./packages.ts";
import type { Part } from "./part.ts";
import { surroundingsPart } from "./surroundings.ts";

/** What is collected of an attempt, in this order. */
export const PARTS: readonly Part[] = [artifactsPart, packagesPart, dataPart, surroundingsPart];

/** True where a job has left something to collect. */
export function needsCollecting(of: EndedJob): boolean {
  return PARTS.some(({ isNeeded }) => isNeeded !== "beside others" && isNeeded(of));
}
