import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeedLine } from "../../src/model/feed.ts";
import type { Stint } from "../rig/stint.ts";
import { checkRanOnce } from "./scenarios-tasks.ts";
import { demand, type Scenario } from "./sweep.ts";

const TASK = `name: a
topic: t
run: |
  echo $STINT_TASK_ID >> $HOME/starts
  for n in 1 2 3; do echo "{\\"type\\":\\"INFO\\",\\"msg\\":$n}" >> $STINT_EVENTS; done
`;
/** So long that the next line begins the feed again. */
const LONG = 8 * 1_024 * 1_024;

function linesIn(stint: Stint, name: string): FeedLine[] {
  const lines = stint.textOf(join("home/events", name)).split("\n");
  demand(lines.pop() === "", `the last line of ${name} is a part of one`);
  return lines.map((line) => JSON.parse(line) as FeedLine);
}

/** A task with a topic: what its job told is in the feed once, in order, and so is its end. */
export const FEED_SCENARIO: Scenario = {
  name: "drain with a topic",
  prepare: async (stint) => {
    await stint.run(["submit", "-"], { input: TASK });
    const line = { seq: 7, at: "2026-01-02T03:04:05.000Z", type: "INFO", payload: { msg: "x".repeat(LONG) } };
    mkdirSync(join(stint.home, "events"), { mode: 0o700 });
    writeFileSync(join(stint.home, "events/t.ndjson"), `${JSON.stringify(line)}\n`);
  },
  command: ["drain"],
  at: ["feed:appended", "feed:set-aside"],
  check: (stint) => {
    const lines = [...linesIn(stint, "t.ndjson.1"), ...linesIn(stint, "t.ndjson")];
    const numbers = lines.map(({ seq }) => seq);
    demand(
      numbers.every((seq, index) => seq === 7 + index),
      `the lines have the numbers ${numbers.join(" ")}`,
    );
    const last = lines.findLast(({ attempt }) => attempt !== undefined)?.attempt;
    const of = lines.filter(({ attempt }) => attempt === last);
    const starts = of.flatMap(({ type }, index) => (type === "STARTED" ? [index] : []));
    demand(
      JSON.stringify(starts) === "[1]",
      `its starts are the lines ${JSON.stringify(starts)} of the attempt`,
    );
    const told = of.filter(({ type }) => type === "INFO").map(({ payload }) => payload?.["msg"]);
    demand(JSON.stringify(told) === "[1,2,3]", `what the job told is ${JSON.stringify(told)}`);
    const ends = of.filter(({ type }) => type === "COMPLETED").length;
    demand(ends === 1, `its end is there ${ends} times`);
    checkRanOnce(stint);
  },
};
