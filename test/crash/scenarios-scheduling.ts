import { type Stint, until } from "../rig/stint.ts";
import { stateOf } from "./scenarios-tasks.ts";
import { demand, marking, type Scenario, starts } from "./sweep.ts";

/** States with their reasons, and how often each job began, by name. */
function outcome(stint: Stint, names: readonly string[]): string {
  const counts = starts(stint);
  return names
    .map((name) => {
      const record = stint.records().find(({ metadata }) => metadata["name"] === name);
      const count = record === undefined ? 0 : (counts[record.metadata.id] ?? 0);
      return `${name}: ${record?.status.reason ?? stateOf(stint, name)}, ${count}`;
    })
    .join("; ");
}

function demandOutcome(stint: Stint, expected: string): void {
  const names = expected.split("; ").map((one) => one.split(":")[0] ?? "");
  const found = outcome(stint, names);
  demand(found === expected, `wanted ${expected}, found ${found}`);
}

async function submit(stint: Stint, name: string, more: string): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: marking(null, { name, more }) });
  demand(code === 0, err);
}

/** Between the steps of a decision; the others are killed at elsewhere. */
const STEPS = ["commit:audited", "commit:moved", "start:launched"];

/** What the order of tasks among themselves makes a holder do, killed. */
export const SCHEDULING_SCENARIOS: readonly Scenario[] = [
  {
    name: "drain that calls tasks off",
    prepare: async (stint) => {
      await submit(stint, "fails", "slot: lane\nretry: {never: [EXIT_NONZERO]}\n");
      // In one batch none is in the way of another; alone, each of these would be refused where the lane is busy.
      await submit(stint, "drops", "slot: other\nadmission: dropIfRunning\n");
      await submit(stint, "first", "unique: key\nhold: true\n");
      await stint.ok("set", "1", "slot=other");
      await stint.ok("submit", "--name", "second", "--", "true");
      await stint.ok("set", "4", "unique=key");
      await stint.ok("release", "3");
    },
    command: ["drain"],
    at: STEPS,
    check: (stint) =>
      demandOutcome(
        stint,
        "fails: Succeeded, 1; drops: SlotBusy, 0; first: Succeeded, 1; second: Duplicate, 0",
      ),
  },
  {
    name: "drain that starts a child after its parent, and calls off another",
    prepare: async (stint) => {
      await submit(stint, "good", "");
      await stint.run(["submit", "-"], { input: marking(null, { name: "bad", exit: 3 }) });
      await submit(stint, "child", "after: good\nafterFailed: bad\n");
      await submit(stint, "needless", "afterFailed: good\n");
      await submit(stint, "hopeless", "after: bad\nonParentFailure: cancel\n");
    },
    command: ["drain"],
    at: STEPS,
    check: (stint) => {
      const ended = "good: Succeeded, 1; bad: NonRetryable, 1; child: Succeeded, 1";
      demandOutcome(stint, `${ended}; needless: NotNeeded, 0; hopeless: ParentFailed, 0`);
    },
  },
  {
    name: "drain of work with a key, which is queued again after it",
    prepare: async (stint) => {
      await submit(stint, "good", "key: good\n");
      await stint.ok("submit", "--hold", "--name", "late", "--", "true");
    },
    command: ["drain"],
    at: ["keys:noted", "commit:journaled", ...STEPS],
    afterwards: async (stint) => {
      // Past the check of a submission, so that the planner decides.
      await stint.ok("set", "2", "key=good", "hold=false");
    },
    check: (stint) => demandOutcome(stint, "good: Succeeded, 1; late: Duplicate, 0"),
  },
  {
    name: "drain of a sweep that quick failures hold",
    prepare: async (stint) => {
      const more = "array: 1-3\nholdAfter: 1\nmaxParallel: 1\n";
      await stint.run(["submit", "-"], { input: marking(null, { name: "sweep", exit: 3, more }) });
    },
    command: ["drain"],
    at: STEPS,
    check: (stint) => {
      const held = stint.records().filter(({ spec }) => spec["hold"] === true);
      demand(held.length === 2, `${held.length} are held`);
      demand(stint.textOf("starts").trim().split("\n").length === 1, stint.textOf("starts"));
    },
  },
  {
    name: "replacement of a running task",
    prepare: async (stint) => {
      const old =
        "name: old\nslot: lane\nstopGrace: 50ms\nrun: echo $STINT_TASK_ID >> $HOME/starts; exec sleep 60\n";
      await stint.run(["submit", "-"], { input: old });
      const up = await stint.up();
      await until("the old one has begun", () => starts(stint)["000001-old"] === 1);
      up.kill("SIGKILL");
      await up.exited;
      await submit(stint, "newer", "slot: lane\nadmission: replace\n");
      await submit(stint, "newest", "slot: lane\nadmission: replace\n");
    },
    command: ["drain"],
    at: STEPS,
    check: (stint) => demandOutcome(stint, "old: Superseded, 1; newer: Superseded, 0; newest: Succeeded, 1"),
  },
];
