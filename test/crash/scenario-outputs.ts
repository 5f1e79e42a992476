import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { demand, type Scenario } from "./sweep.ts";

const FILE = `name: gives
inputs: {lr: {type: float, default: 0.5}}
outputs: {acc: {type: float, required: true}, model: {type: file, required: true}}
run: |
  echo $STINT_TASK_ID >> $HOME/starts
  echo w > $STINT_ARTIFACTS_DIR/m.pt
  echo '{"acc": \${{ inputs.lr }}, "model": "m.pt"}' > $STINT_OUTPUTS
---
name: takes
after: gives
run: echo $STINT_TASK_ID >> $HOME/starts; cp $STINT_PARENTS $HOME/parents.json
`;

/** A task that gives its outputs to another one: whatever is killed, they are on record, and the other one has them. */
export const OUTPUTS_SCENARIO: Scenario = {
  name: "drain of a task that gives its outputs to another one",
  prepare: async (stint) => {
    await stint.run(["submit", "-"], { input: FILE });
  },
  command: ["drain"],
  at: ["start:furnished", "start:launched", "collect:begun", "collect:manifest"],
  check: (stint) => {
    checkRanOnce(stint);
    const model = join(
      stint.home,
      "runs",
      "000001-gives",
      String(stint.record(1).status.attempt),
      "artifacts",
      "m.pt",
    );
    const wanted = { acc: 0.5, model };
    const last = stint.record(1).status.attempts.at(-1) as { outputs?: unknown } | undefined;
    const [parent] = JSON.parse(readFileSync(join(stint.root, "parents.json"), "utf8")) as {
      outputs: unknown;
    }[];
    for (const found of [last?.outputs, parent?.outputs])
      demand(JSON.stringify(found) === JSON.stringify(wanted), `its outputs are ${JSON.stringify(found)}`);
  },
};
