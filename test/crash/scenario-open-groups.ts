import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stint } from "../rig/stint.ts";
import { demand, type Scenario } from "./sweep.ts";

const TELL = `name: a\nrun: "true"\nnotify: { batchEnd: { command: 'echo "$STINT_NOTICE_ID" >> $HOME/told' } }\n`;

interface GroupFile {
  readonly id: string;
  readonly closedAt?: string;
}

function groupOf(stint: Stint): GroupFile | null {
  if (!stint.files("groups").includes("night.json")) return null;
  return JSON.parse(readFileSync(join(stint.home, "groups", "night.json"), "utf8")) as GroupFile;
}

/** What a user does who saw the command die. */
async function closeAgain(stint: Stint): Promise<void> {
  const { code, err } = await stint.run(["close", "night"]);
  const isClosed = code === 0 || err.includes("it was closed at");
  demand(isClosed || groupOf(stint) === null, `the group cannot be closed: ${err}`);
}

/** Each accepted task is in the group, which can be closed, and its end is told once. */
export const OPEN_GROUP_SCENARIOS: readonly Scenario[] = [
  {
    name: "submission that opens a group",
    prepare: async () => {},
    command: ["submit", "--to", "night", "--", "true"],
    at: ["group:changing", "group:changed", "batch:committed"],
    afterwards: closeAgain,
    check: (stint) => {
      const group = groupOf(stint);
      const ids = stint.records().map(({ metadata }) => (metadata["openGroup"] as GroupFile | undefined)?.id);
      demand(ids.length <= 1 && ids.every((id) => id === group?.id), `the tasks are in ${ids.join()}`);
      demand(group === null || group.closedAt !== undefined, "the group is not closed");
    },
  },
  {
    name: "close of a group that has ended",
    prepare: async (stint) => {
      await stint.run(["submit", "--to", "night", "-"], { input: TELL });
      await stint.ok("drain");
    },
    command: ["close", "night"],
    at: ["group:changing", "group:changed", "notice:written"],
    afterwards: closeAgain,
    check: (stint) => {
      demand(groupOf(stint)?.closedAt !== undefined, "the group is not closed");
      const told = stint.textOf("told").trim().split("\n");
      demand(told[0] !== "" && new Set(told).size === 1, `what was told is ${told.join(", ")}`);
    },
  },
];
