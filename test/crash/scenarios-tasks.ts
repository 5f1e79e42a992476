import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Stint } from "../rig/stint.ts";
import { demand, marking, type Scenario, starts } from "./sweep.ts";

/** Two tasks whose jobs note that they began. */
export const TWO = `${marking(null, { name: "a" })}---\n${marking(null, { name: "b" })}`;

export function stateOf(stint: Stint, name: string): string | undefined {
  return stint.records().find(({ metadata }) => metadata["name"] === name)?.status.state;
}

/** Every task ran to its end, and each job began exactly once. */
export function checkRanOnce(stint: Stint): void {
  for (const { metadata, status } of stint.records()) {
    demand(status.state === "completed", `${metadata.id} is ${status.state}`);
    const count = starts(stint)[metadata.id] ?? 0;
    demand(count === 1, `the job of ${metadata.id} began ${count} times`);
  }
}

/** The ways of a task from its submission to its removal, each killed. */
export const TASK_SCENARIOS: readonly Scenario[] = [
  {
    name: "submit of a batch",
    prepare: async () => {},
    command: ["submit", "-"],
    input: TWO,
    check: (stint, wasTold) => {
      const count = stint.records().length;
      demand(count === 0 || count === 2, `${count} of the 2 tasks of a batch are there`);
      demand(wasTold === "" || count === 2, "tasks that were acknowledged are lost");
      checkRanOnce(stint);
    },
  },
  {
    name: "drain",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: TWO });
    },
    command: ["drain"],
    check: checkRanOnce,
  },
  {
    name: "drain of a job whose results are collected",
    prepare: async (stint) => {
      const run = "echo $STINT_TASK_ID >> $HOME/starts; echo 0.9 > $STINT_ARTIFACTS_DIR/acc; exit 3";
      await stint.run(["submit", "-"], { input: `name: a\nrun: ${run}\n` });
    },
    command: ["drain"],
    at: ["collect:begun", "collect:manifest", "replace:staged", "replace:renamed", "writer:written"],
    check: (stint) => {
      demand(starts(stint)["000001-a"] === 1, `the job began ${starts(stint)["000001-a"]} times`);
      const [attempt] = stint.record(1).status.attempts;
      const is = JSON.stringify([attempt?.state, attempt?.exitCode, attempt?.artifacts]);
      demand(is === '["failed",3,{"count":1,"bytes":4}]', `its attempt is ${is}`);
      const manifest = join(stint.home, "runs", "000001-a", "1", "run_manifest.json");
      demand(readFileSync(manifest, "utf8").includes('"path": "acc"'), "the manifest is not whole");
    },
  },
  {
    name: "drain with a retry and a failure",
    prepare: async (stint) => {
      const retried = `name: retried\nrun: echo $STINT_TASK_ID >> $HOME/starts; test $STINT_ATTEMPT -ge 2\nretries: 1\nbackoff: {first: 20ms, max: 20ms}\n`;
      await stint.run(["submit", "-"], {
        input: `${retried}---\n${marking(null, { name: "fails", exit: 3 })}`,
      });
    },
    command: ["drain"],
    check: (stint) => {
      demand(stateOf(stint, "fails") === "failed", `the failing task is ${stateOf(stint, "fails")}`);
      const [failed] = stint.records().filter(({ metadata }) => metadata["name"] === "fails");
      const codes = failed?.status.attempts
        .filter(({ state }) => state === "failed")
        .map(({ exitCode }) => exitCode);
      demand(JSON.stringify(codes) === "[3]", `the failures on record are ${JSON.stringify(codes)}`);
      demand(
        starts(stint)["000002-fails"] === 1,
        `the failing job began ${starts(stint)["000002-fails"]} times`,
      );
    },
  },
  {
    name: "cancel of a queued task",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: marking(null, { name: "a" }) });
    },
    command: ["cancel", "1"],
    check: (stint, wasTold) => {
      const state = stateOf(stint, "a");
      demand(
        state === "cancelled" || (wasTold === "" && state === "completed"),
        `the task is ${state} after ${wasTold}`,
      );
      demand((starts(stint)["000001-a"] ?? 0) === (state === "cancelled" ? 0 : 1), "a cancelled task ran");
    },
  },
  {
    name: "retry of a failed task",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], {
        input: `name: a\nrun: echo $STINT_TASK_ID >> $HOME/starts; test $STINT_ATTEMPT -ge 2\n`,
      });
      await stint.run(["drain"]);
    },
    command: ["retry", "1"],
    check: (stint, wasTold) => {
      const state = stateOf(stint, "a");
      demand(
        state === "completed" || (wasTold === "" && state === "failed"),
        `the task is ${state} after ${wasTold}`,
      );
      demand(
        starts(stint)["000001-a"] === (state === "completed" ? 2 : 1),
        `its job began ${starts(stint)["000001-a"]} times`,
      );
    },
  },
  {
    name: "clean",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: TWO });
      await stint.run(["drain"]);
      // A young one may belong to a submission that is just being made.
      for (const name of stint.files("env")) utimesSync(join(stint.home, "env", name), 1, 1);
    },
    command: ["clean", "--older-than", "0s"],
    check: (stint) => {
      const left = stint.records().map(({ metadata }) => metadata.id);
      demand(
        left.every((id) => stateOf(stint, id.slice(7)) === "completed"),
        `left: ${left.join(" ")}`,
      );
    },
  },
  {
    name: "set",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: marking(null, { name: "a" }) });
    },
    command: ["set", "1", "priority=5"],
    check: (stint, wasTold) => {
      checkRanOnce(stint);
      const { spec, metadata } = stint.record(1);
      const found = `${String(spec["priority"])} in generation ${metadata.generation}`;
      demand(
        found === "5 in generation 2" || (wasTold === "" && found === "0 in generation 1"),
        `its priority is ${found}`,
      );
    },
  },
  {
    name: "hold",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: marking(null, { name: "a" }) });
    },
    command: ["hold", "1"],
    check: (stint, wasTold) => {
      const isHeld = stint.record(1).spec["hold"] === true;
      demand(isHeld || wasTold === "", "a task that was held runs");
      demand(stateOf(stint, "a") === (isHeld ? "queued" : "completed"), `it is ${stateOf(stint, "a")}`);
      demand((starts(stint)["000001-a"] ?? 0) === (isHeld ? 0 : 1), "a held task ran");
    },
  },
  {
    name: "release",
    prepare: async (stint) => {
      await stint.run(["submit", "-"], { input: marking(null, { name: "a", more: "hold: true\n" }) });
    },
    command: ["release", "1"],
    check: (stint, wasTold) => {
      const isHeld = stint.record(1).spec["hold"] === true;
      demand(!isHeld || wasTold === "", "a task that was released is held");
      if (!isHeld) checkRanOnce(stint);
    },
  },
];
