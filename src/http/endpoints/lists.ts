import { settingsInForce } from "../../desk/config-seen.ts";
import { seeDevices } from "../../desk/devices.ts";
import { findGroup } from "../../desk/groups.ts";
import { resultsOf } from "../../desk/results/collect.ts";
import { type ScheduleView, scheduleViews } from "../../desk/schedules.ts";
import { ok } from "../../lib/result.ts";
import { gpusSchema, resultsSchema, schedulesSchema } from "../../model/api/lists.ts";
import { problem, rejected } from "../../model/errors.ts";
import { reading } from "../endpoint.ts";
import { textParameter } from "../parameters.ts";

export const gpus = reading({
  method: "GET",
  path: "/gpus",
  access: "read",
  name: "listGpus",
  summary: "Lists the GPUs, their use, and the tasks on them",
  answer: { status: 200, schema: gpusSchema, about: "the GPUs" },
  run: async ({ context: { caller, layout } }) => {
    const seen = await seeDevices(caller, layout.home, { isFresh: false });
    if (!seen.ok) return seen;
    const { inventory, devices } = seen.value;
    // Who holds what is told by `tasks`; the tokens of attempts are for the supervisor.
    const shown = devices.map(({ held: _held, ...device }) => device);
    return ok({ data: { at: inventory.at, problem: inventory.problem, devices: shown } });
  },
});

export const schedules = reading({
  method: "GET",
  path: "/schedules",
  access: "read",
  name: "listSchedules",
  summary: "Lists the schedules with their next times and their last firings",
  answer: { status: 200, schema: schedulesSchema, about: "the schedules" },
  run: async ({ context: { caller, layout } }) => {
    const settings = await settingsInForce(caller, layout);
    if (!settings.ok) return settings;
    return ok({ data: { schedules: scheduleViews(caller, layout, settings.value).map(scheduleOf) } });
  },
});

function scheduleOf({ name, faults, problem: refused, read, next, last }: ScheduleView): unknown {
  const { isPaused = false, timeZone = null } = read?.schedule ?? {};
  return { name, faults, problem: refused, isPaused, timeZone, next, last };
}

/** Results are read from files of each task. */
const MAX_RESULTS = 5_000;

export const results = reading({
  method: "GET",
  path: "/results",
  access: "read",
  name: "getResults",
  summary: "Compares what the members of a sweep or a group gave: values, inputs, outputs",
  query: { group: textParameter("the sweep or group", "its name, or the number of one of its tasks") },
  answer: { status: 200, schema: resultsSchema, about: "the results" },
  run: ({ context: { layout }, query: { group } }) => {
    if (group === undefined)
      return rejected("USAGE", 'Cannot read the query: "group" is missing, wanted a sweep or a group');
    const tasks = findGroup(layout, group, { tellNewest: () => {} });
    if (!tasks.ok) return tasks;
    if (tasks.value.length <= MAX_RESULTS) return ok({ data: resultsOf(layout, tasks.value) });
    const message = `Cannot compare ${tasks.value.length} tasks, wanted ${MAX_RESULTS} at most`;
    return { ok: false, error: problem("USAGE", message, `in a terminal: stint results ${group} --csv`) };
  },
});
