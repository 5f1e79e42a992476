import { utimesSync } from "node:fs";
import { join } from "node:path";
import { TestTree } from "../rig/git-tree.ts";
import type { Stint } from "../rig/stint.ts";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { demand, marking, type Scenario } from "./sweep.ts";

function treeOf(stint: Stint): TestTree {
  return new TestTree(join(stint.root, "project"));
}

/** The snapshots that the repository keeps. */
function refsOf(stint: Stint): string[] {
  const refs = treeOf(stint).git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/stint");
  return refs === "" ? [] : refs.split("\n");
}

/** Every ref is known to the home, which removes it one day. */
function checkKnown(stint: Stint): void {
  const known = stint.files("code").map((name) => name.split(".")[0]);
  const stray = refsOf(stint).filter((snapshot) => !known.includes(snapshot));
  demand(stray.length === 0, `refs that the home does not know: ${stray.join(" ")}`);
}

const INPUT = marking(null, { name: "a", more: "cwd: project\ncode: snapshot" });

/** The ways of a snapshot from its making to its removal, each killed. */
export const CODE_SCENARIOS: readonly Scenario[] = [
  {
    name: "submit of a task with a snapshot",
    prepare: async (stint) => {
      treeOf(stint).commit({ a: "1" });
    },
    command: ["submit", "-"],
    input: INPUT,
    at: ["snapshot:noted", "snapshot:kept", "batch:committed"],
    check: (stint) => {
      checkRanOnce(stint);
      checkKnown(stint);
    },
  },
  {
    name: "clean of a task with a snapshot",
    prepare: async (stint) => {
      treeOf(stint).commit({ a: "1" });
      await stint.run(["submit", "-"], { input: INPUT });
      await stint.run(["drain"]);
      // A young one may belong to a submission that is just being made.
      for (const name of stint.files("code")) utimesSync(join(stint.home, "code", name), 1, 1);
    },
    command: ["clean", "--older-than", "0s"],
    at: ["clean:run-removed", "clean:record-removed", "snapshot:dropped"],
    check: checkKnown,
  },
];
