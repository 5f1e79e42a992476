import { Layout } from "../../src/store/layout.ts";
import { readOverrides } from "../../src/store/overrides.ts";
import type { Stint } from "../rig/stint.ts";
import { demand, marking, type Scenario, starts } from "./sweep.ts";

/** Whether the queue of a home at rest is paused, and how many jobs may run. */
function changed(stint: Stint): { isPaused: boolean; jobs: number | undefined } {
  const read = readOverrides(new Layout(stint.home));
  demand(read.ok, "overrides.json is damaged");
  const { paused, lasting } = read.ok ? read.value : { paused: undefined, lasting: {} };
  return { isPaused: paused !== undefined, jobs: lasting.jobs };
}

/** Changes of the queue as a whole: each is made as it was acknowledged, or not at all. */
export const CONTROL_SCENARIOS: readonly Scenario[] = [
  {
    name: "a pause of the queue",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: marking(null, { name: "a" }) });
      await stint.run(["jobs", "3"]);
    },
    command: ["pause"],
    at: ["overrides:changing", "overrides:changed", "audit:written"],
    check: (stint, wasTold) => {
      const { isPaused, jobs } = changed(stint);
      demand(jobs === 3, `a limit that was changed before is ${jobs}`);
      demand(isPaused || wasTold === "", "a pause that was acknowledged is lost");
      const count = starts(stint)["000001-a"] ?? 0;
      demand(count === (isPaused ? 0 : 1), `the job began ${count} times, paused: ${isPaused}`);
    },
  },
  {
    name: "a change of limits",
    prepare: async (stint) => {
      await stint.run(["pause"]);
      await stint.run(["jobs", "3"]);
    },
    command: ["jobs", "4"],
    at: ["overrides:changing", "overrides:changed"],
    check: (stint, wasTold) => {
      const { isPaused, jobs } = changed(stint);
      demand(isPaused, "the queue is not paused any more");
      demand(jobs === 4 || (jobs === 3 && wasTold === ""), `the limit is ${jobs} after ${wasTold}`);
    },
  },
];
