import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { owe } from "../rig/schedules.ts";
import type { RecordView } from "../rig/stint.ts";
import { demand, type Scenario, starts } from "./sweep.ts";

const UID = "01900000-0000-7000-8000-000000000000";

/** One of these tasks. */
function notingStart(name: string, more = ""): string {
  return `  - name: ${name}\n    run: echo $STINT_TASK_ID >> $HOME/starts\n${more}`;
}

/** A firing of two tasks that is due as soon as a supervisor runs, beside a schedule that no supervisor has read yet. */
export const SCHEDULE_SCENARIO: Scenario = {
  name: "a schedule that is due",
  prepare: async (stint) => {
    await stint.run(["drain"]);
    owe(stint, { name: "owed", uid: UID, tasks: `${notingStart("one")}${notingStart("two")}` });
    writeFileSync(join(stint.home, "schedules", "new.yaml"), "every: 30d\ntask: { run: echo never }\n");
  },
  command: ["up"],
  at: [
    "schedule:known",
    "schedule:noting",
    "schedule:noted",
    "batch:staged",
    "batch:committed",
    "batch:publishing",
    "batch:firing-noted",
    "batch:emptied",
  ],
  until: (stint) =>
    stint.records().length === 2 &&
    stint.records().every(({ status }) => status.state === "completed") &&
    stint.files("incoming").length === 0 &&
    stint.files("schedules/.state").length === 2,
  check: (stint) => {
    const of = ({ metadata, status }: RecordView): string =>
      JSON.stringify([metadata["name"], status.state, metadata["scheduleId"], metadata["firedFor"]]);
    const [one, two, ...others] = stint.records().map(of);
    const isFired = one?.startsWith(`["one","completed","${UID}"`) && two === one.replace("one", "two");
    demand(isFired === true && others.length === 0, `the firing became ${one} ${two} ${others.join(" ")}`);
    for (const [id, count] of Object.entries(starts(stint)))
      demand(count === 1, `the job of ${id} began ${count} times`);
    const states = stint.files("schedules/.state").toSorted().join(" ");
    demand(states === "new.json owed.json", `the sidecars are ${states}`);
  },
};

/** A firing of a sweep, which a reader stages and the supervisor commits. */
export const SWEPT_SCHEDULE_SCENARIO: Scenario = {
  name: "a schedule with a sweep that is due",
  prepare: async (stint) => {
    await stint.run(["drain"]);
    owe(stint, {
      name: "swept",
      uid: UID,
      tasks: notingStart("member", "    matrix: { n: [1, 2] }\n"),
    });
  },
  command: ["up"],
  at: ["schedule:known", "schedule:noted", "batch:committed", "batch:synced", "batch:firing-noted"],
  until: (stint) =>
    stint.records().length === 2 &&
    stint.records().every(({ status }) => status.state === "completed") &&
    stint.files("incoming").length === 0,
  check: (stint) => {
    const states = stint.records().map(({ status }) => status.state);
    demand(states.join() === "completed,completed", `the members are ${states.join(" ")}`);
    const counts = Object.values(starts(stint));
    demand(counts.join() === "1,1", `the jobs began ${counts.join(" ")} times`);
  },
};

/** Of three batches that are on their way at once, the second is taken in beside the first, and the third waits for its lane. */
export const BESIDE_SCENARIO: Scenario = {
  name: "three batches, one taken in beside another",
  prepare: async (stint) => {
    await stint.run(["drain"]);
    const lane = "    slot: shared\n    admission: queue\n";
    const first = ["one", "two", "three", "four"].map((name) => notingStart(name, lane)).join("");
    owe(stint, { name: "a", uid: UID, tasks: first });
    owe(stint, { name: "b", uid: UID.replace(/0$/, "1"), tasks: notingStart("beside") });
    owe(stint, { name: "c", uid: UID.replace(/0$/, "2"), tasks: notingStart("behind", lane) });
  },
  command: ["up"],
  at: ["batch:publishing", "batch:shelved", "batch:emptied", "incoming:published"],
  until: (stint) =>
    stint.records().length === 6 &&
    stint.records().every(({ status }) => status.state === "completed") &&
    stint.files("incoming").length === 0,
  check: (stint) => {
    const began = stint.textOf("starts").trim().split("\n");
    const inLane = began.filter((id) => !id.endsWith("beside"));
    const wanted = ["one", "two", "three", "four", "behind"];
    const isRight =
      began.length === 6 && inLane.length === 5 && inLane.every((id, at) => id.endsWith(wanted[at] ?? ""));
    demand(isRight, `the jobs began as ${began.join(" ")}`);
  },
};
