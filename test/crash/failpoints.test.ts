import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { groupsOf, HAS_GROUPS, HOG } from "../rig/groups.ts";
import type { Stint } from "../rig/stint.ts";
import { demand, failpointNames, marking, type Scenario, starts, sweep } from "./sweep.ts";

const TWO = `${marking(null, { name: "a" })}---\n${marking(null, { name: "b" })}`;

function stateOf(stint: Stint, name: string): string | undefined {
  return stint.records().find(({ metadata }) => metadata["name"] === name)?.status.state;
}

/** Every task ran to its end, and each job began exactly once. */
function checkRanOnce(stint: Stint): void {
  for (const { metadata, status } of stint.records()) {
    demand(status.state === "completed", `${metadata.id} is ${status.state}`);
    const count = starts(stint)[metadata.id] ?? 0;
    demand(count === 1, `the job of ${metadata.id} began ${count} times`);
  }
}

const SCENARIOS: readonly Scenario[] = [
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
    name: "drain of a task that goes over its memory",
    prepare: async (stint) => {
      const limits = "limits: { memory: 64MiB, bestEffort: true }";
      await stint.run(["submit", "-"], {
        input: `name: a\nrun: echo $STINT_TASK_ID >> $HOME/starts; ${HOG}\n${limits}\n`,
      });
    },
    command: ["drain"],
    check: (stint) => {
      if (!HAS_GROUPS) return checkRanOnce(stint);
      const [record] = stint.records();
      const last = record?.status.attempts.at(-1);
      demand(last?.failure?.code === "OOM_KILLED", `it is taken for ${last?.failure?.code}`);
      demand((last?.peakMemoryBytes ?? 0) > 60_000_000, `its peak is ${last?.peakMemoryBytes}`);
      demand(starts(stint)["000001-a"] === 1, `its job began ${starts(stint)["000001-a"]} times`);
      const left = record === undefined ? [] : groupsOf(record);
      demand(left.length === 0, `left over: ${left.join(" ")}`);
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
    name: "inbox",
    prepare: async (stint) => {
      await stint.ok("submit", "--hold", "--name", "held", "--", "true");
      await Bun.write(join(stint.home, "inbox", "good.yaml"), marking(null, { name: "a" }));
      await Bun.write(join(stint.home, "inbox", "bad.yaml"), "runn: true\n");
    },
    command: ["up"],
    until: (stint) =>
      stateOf(stint, "a") === "completed" && stint.files("inbox").every((name) => name.startsWith(".")),
    check: (stint) => {
      // A restarted supervisor reads again what was not accepted; a drain leaves it where it is.
      const waiting = stint.files("inbox").filter((name) => !name.startsWith("."));
      const shelved = [
        ...stint.files("inbox/.taking"),
        ...stint.files("inbox/.accepted"),
        ...stint.files("inbox/.rejected"),
      ];
      const isKept = (file: string): boolean => [...waiting, ...shelved].some((name) => name.endsWith(file));
      demand(
        isKept("good.yaml") && isKept("bad.yaml"),
        `the inbox holds ${waiting.join(" ")}, its shelves ${shelved.join(" ")}`,
      );
      const isAccepted = stateOf(stint, "a") !== undefined;
      const isWaiting =
        waiting.includes("good.yaml") ||
        stint.files("inbox/.taking").some((name) => name.endsWith("good.yaml"));
      demand(isAccepted !== isWaiting, "a file was accepted and will be read again, or neither");
      demand((starts(stint)["000002-a"] ?? 0) <= 1, "the job of an inbox file began twice");
    },
  },
];

/** A sweep is dozens of runs one after the other. */
const SWEEP_TIMEOUT_MS = 180_000;

/** Kills at each failpoint over all scenarios. */
const reached: Record<string, number> = {};

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  "%s, killed between any two steps",
  (_name, scenario) => {
    test.concurrent.each(failpointNames())(
      "at %s",
      async (failpoint) => {
        reached[failpoint] = (reached[failpoint] ?? 0) + (await sweep(scenario, failpoint)).kills;
      },
      SWEEP_TIMEOUT_MS,
    );
  },
);

test("every failpoint but those of a take-over and of recovery was struck", () => {
  const never = failpointNames().filter((name) => (reached[name] ?? 0) === 0);
  expect(never).toEqual(["lock:claimed", "recover:moved"]);
});
