import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { demand, type Scenario } from "./sweep.ts";

const TEXT = "name: train\nrun: 'true'\n";

/** A version of a definition is there as a whole or not at all, and a removed one is gone or still whole. */
export const DEFINITION_SCENARIOS: readonly Scenario[] = [
  {
    name: "define",
    prepare: async (stint) => {
      writeFileSync(join(stint.root, "train.yaml"), TEXT);
    },
    command: ["define", "train.yaml"],
    at: ["definition:made"],
    check: (stint) => {
      const files = stint.files("definitions/train");
      demand(files.join() === "1.json", `there are ${files.join()}`);
    },
  },
  {
    name: "removal of a definition",
    prepare: async (stint) => {
      writeFileSync(join(stint.root, "train.yaml"), TEXT);
      await stint.ok("define", "train.yaml");
    },
    command: ["definitions", "rm", "train@1"],
    at: ["definition:marked"],
    check: (stint) => {
      const files = stint.files("definitions/train").toSorted();
      demand(files.join() === "1.json,1.removed", `there are ${files.join()}`);
    },
  },
];
