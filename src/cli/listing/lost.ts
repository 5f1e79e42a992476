import { join } from "node:path";
import type { Layout } from "../../store/layout.ts";
import { ASIDE, isThere } from "../../store/quarantine.ts";
import { manyTasks } from "../text/many.ts";

/** The jobs that run and that no record holds, below a listing; empty where there are none. */
export async function lostLine(layout: Layout): Promise<string> {
  if (!isThere(join(layout.place("running"), ASIDE))) return "";
  const { lostJobs } = await import("../../desk/lost-jobs.ts");
  const lost = lostJobs(layout);
  const [first] = lost;
  if (first === undefined) return "";
  const which = lost.length === 1 ? first.id : manyTasks(lost.map(({ id }) => id));
  return `\nStill running, though the ${lost.length === 1 ? "record was" : "records were"} damaged and put aside: ${which}. See \`stint doctor\`.\n`;
}
