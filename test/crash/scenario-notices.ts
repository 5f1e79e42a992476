import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stint } from "../rig/stint.ts";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { demand, type Scenario } from "./sweep.ts";

/** A command of the notices that notes what it was told of, and under which id. */
const TELL = `{command: 'echo "$STINT_EVENT $STINT_TASK_NAME $STINT_NOTICE_ID" >> $HOME/told'}`;
const TASKS = `name: a
run: echo $STINT_TASK_ID >> $HOME/starts
on: {success: ${TELL}, deadLetter: ${TELL}}
---
name: b
run: echo $STINT_TASK_ID >> $HOME/starts
on: {batchEnd: ${TELL}, success: {command: "exit 1"}}
`;

/** What was told, each id once. */
function told(stint: Stint): string[] {
  const lines = stint
    .textOf("told")
    .split("\n")
    .filter((line) => line !== "");
  return [...new Set(lines)].map((line) => line.split(" ").slice(0, 2).join(" ")).toSorted();
}

/** Ends with receivers: no receiver misses one, and a repeated notice has the id of the first. */
export const NOTICES_SCENARIO: Scenario = {
  name: "drain with notices",
  prepare: async (stint) => {
    await stint.run(["submit", "-"], { input: TASKS });
    writeFileSync(join(stint.home, "config.yaml"), "jobs: 1\nnotices: {tries: 2, firstWait: 1ms}\n");
  },
  command: ["drain"],
  at: [
    "commit:audited",
    "notice:written",
    "notice:delivered",
    "notice:removed",
    "notice:put-off",
    "notice:given-up",
  ],
  check: (stint) => {
    checkRanOnce(stint);
    const found = told(stint);
    demand(
      found.length === 2 && found[0]?.startsWith("batchEnd") === true && found[1] === "success a",
      `what was told is ${found.join(", ")}`,
    );
    const waiting = stint.files("notices").filter((name) => name.endsWith(".json"));
    demand(waiting.length === 0, `notices/ holds ${waiting.join(" ")}`);
    const givenUp = stint.files("notices/.given-up");
    demand(givenUp.length === 1, `given up is ${givenUp.join(" ")}`);
  },
};
