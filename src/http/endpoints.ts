import { ok } from "../lib/result.ts";
import { type Endpoint, reading } from "./endpoint.ts";
import { cancelTasks, holdTasks, releaseTasks, retryTasks, setTasks } from "./endpoints/change.ts";
import { events } from "./endpoints/events.ts";
import { gpus, results, schedules } from "./endpoints/lists.ts";
import { explain, get, home, list, log, stats, summary } from "./endpoints/read.ts";
import { submit, validate } from "./endpoints/submit.ts";

const description = reading({
  method: "GET",
  path: "/openapi.json",
  access: "read",
  name: "getDescription",
  summary: "Describes this API: OpenAPI 3.1",
  answer: { status: 200, type: "application/json", about: "the description" },
  run: async ({ context: { version } }) => {
    const { openApiOf } = await import("./openapi.ts");
    return ok({ data: openApiOf(ENDPOINTS, version) });
  },
});

/** Every endpoint of the API. A path without a parameter stands before the one with it that it would match. */
export const ENDPOINTS: readonly Endpoint[] = [
  home,
  summary,
  list,
  submit,
  cancelTasks,
  retryTasks,
  holdTasks,
  releaseTasks,
  setTasks,
  get,
  explain,
  log,
  validate,
  stats,
  results,
  schedules,
  gpus,
  events,
  description,
];
