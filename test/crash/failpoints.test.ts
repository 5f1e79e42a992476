import { describe, expect, test } from "bun:test";
import { CODE_SCENARIOS } from "./scenario-code.ts";
import { CONTROL_SCENARIOS } from "./scenario-control.ts";
import { DATA_SCENARIO } from "./scenario-data.ts";
import { DEFINITION_SCENARIOS } from "./scenario-definitions.ts";
import { FEED_SCENARIO } from "./scenario-feeds.ts";
import { LIMITS_SCENARIO } from "./scenario-limits.ts";
import { NOTICES_SCENARIO } from "./scenario-notices.ts";
import { OPEN_GROUP_SCENARIOS } from "./scenario-open-groups.ts";
import { OUTPUTS_SCENARIO } from "./scenario-outputs.ts";
import { BESIDE_SCENARIO, SCHEDULE_SCENARIO, SWEPT_SCHEDULE_SCENARIO } from "./scenario-schedules.ts";
import { SERVICE_SCENARIO } from "./scenario-services.ts";
import { INBOX_SCENARIO } from "./scenarios-inbox.ts";
import { RECOVERY_SCENARIOS } from "./scenarios-recovery.ts";
import { SCHEDULING_SCENARIOS } from "./scenarios-scheduling.ts";
import { TASK_SCENARIOS } from "./scenarios-tasks.ts";
import { failpointNames, sweep } from "./sweep.ts";

const SCENARIOS = [
  ...RECOVERY_SCENARIOS,
  INBOX_SCENARIO,
  SCHEDULE_SCENARIO,
  SWEPT_SCHEDULE_SCENARIO,
  BESIDE_SCENARIO,
  LIMITS_SCENARIO,
  DATA_SCENARIO,
  OUTPUTS_SCENARIO,
  SERVICE_SCENARIO,
  ...CODE_SCENARIOS,
  NOTICES_SCENARIO,
  FEED_SCENARIO,
  ...SCHEDULING_SCENARIOS,
  ...TASK_SCENARIOS,
  ...CONTROL_SCENARIOS,
  ...DEFINITION_SCENARIOS,
  ...OPEN_GROUP_SCENARIOS,
];
/** A sweep is dozens of runs one after the other. */
const SWEEP_TIMEOUT_MS = 900_000;

const struck = new Set<string>();

describe("a kill at every pass of every failpoint", () => {
  test.concurrent.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    async (_name, scenario) => {
      const found = await sweep(scenario);
      expect(found.size).toBeGreaterThan(0);
      for (const failpoint of found) struck.add(failpoint);
    },
    SWEEP_TIMEOUT_MS,
  );
});

test("every failpoint was struck", () => {
  expect(failpointNames().filter((name) => !struck.has(name))).toEqual([]);
});
