import { checkRanOnce } from "./scenarios-tasks.ts";
import type { Scenario } from "./sweep.ts";

const FILE = `name: web
run: echo $STINT_TASK_ID >> $HOME/starts; exec sleep 1000
service: {ttl: 300ms}
`;

/** A service that serves and is stopped by its ttl: whatever is killed, it is started once, and ends as completed. */
export const SERVICE_SCENARIO: Scenario = {
  name: "up with a service until its ttl is over",
  prepare: async (stint) => {
    await stint.run(["submit", "-"], { input: FILE });
  },
  command: ["up"],
  at: ["service:serving", "service:stopping"],
  until: (stint) => stint.record(1).status.state === "completed",
  // A drain passes services by.
  afterwards: async (stint) => {
    await stint.up();
    await stint.reach(1, "completed");
    await stint.ok("down");
  },
  check: checkRanOnce,
};
