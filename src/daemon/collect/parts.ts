import { isService } from "../../model/service.ts";
import { artifactsPart } from "./artifacts.ts";
import { dataPart } from "./data.ts";
import type { EndedJob } from "./order.ts";
import { packagesPart } from "./packages.ts";
import type { Part } from "./part.ts";
import { surroundingsPart } from "./surroundings.ts";
import { trackingPart } from "./tracking.ts";

/** What is collected of an attempt, in this order. */
export const PARTS: readonly Part[] = [artifactsPart, packagesPart, dataPart, trackingPart, surroundingsPart];

/** True where a job has left something to collect; a service has no state in which that is done, and its files stay where they are. */
export function needsCollecting(of: EndedJob): boolean {
  return !isService(of.task) && PARTS.some(({ isNeeded }) => isNeeded !== "beside others" && isNeeded(of));
}
