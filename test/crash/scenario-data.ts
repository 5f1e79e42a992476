import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { marking, type Scenario } from "./sweep.ts";

/** A task whose data is verified before its program runs. */
export const DATA_SCENARIO: Scenario = {
  name: "drain of a task with data",
  prepare: async (stint) => {
    writeFileSync(join(stint.root, "data"), "data");
    await stint.run(["submit", "-"], { input: marking(null, { name: "a", more: "datasets: {d: data}" }) });
  },
  command: ["drain"],
  check: checkRanOnce,
};
