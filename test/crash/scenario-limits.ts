import { groupsOf, HAS_GROUPS, HOG } from "../rig/groups.ts";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { demand, type Scenario, starts } from "./sweep.ts";

/** A job that the kernel ends for going over its limit. */
export const LIMITS_SCENARIO: Scenario = {
  name: "drain of a task that goes over its memory",
  prepare: async (stint) => {
    const limits = "limits: { memory: 64MiB, bestEffort: true }";
    await stint.run(["submit", "-"], {
      input: `name: a\nrun: echo $STINT_TASK_ID >> $HOME/starts; ${HOG}\n${limits}\n`,
    });
  },
  command: ["drain"],
  check: (stint) => {
    if (!HAS_GROUPS) return checkRanOnce(stint);
    const [record] = stint.records();
    const last = record?.status.attempts.at(-1);
    demand(last?.failure?.code === "OOM_KILLED", `it is taken for ${last?.failure?.code}`);
    demand((last?.peakMemoryBytes ?? 0) > 60_000_000, `its peak is ${last?.peakMemoryBytes}`);
    demand(starts(stint)["000001-a"] === 1, `its job began ${starts(stint)["000001-a"]} times`);
    const left = record === undefined ? [] : groupsOf(record);
    demand(left.length === 0, `left over: ${left.join(" ")}`);
  },
};
