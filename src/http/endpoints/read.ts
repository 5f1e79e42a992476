import { explanationOf } from "../../desk/explanation.ts";
import { logWindow } from "../../desk/log-window.ts";
import { statisticsOf } from "../../desk/statistics.ts";
import { ok } from "../../lib/result.ts";
import { about, explanation, logWindowSchema, statistics } from "../../model/api/answers.ts";
import { homeSummarySchema } from "../../model/api/home-summary.ts";
import { taskPageSchema } from "../../model/api/task-row.ts";
import { PLACES } from "../../model/state.ts";
import { task as taskSchema } from "../../model/task.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { eachOutline } from "../../store/outlines.ts";
import { unchangedAnswer } from "../answer.ts";
import { reading } from "../endpoint.ts";
import { answeredWith, etagOf, taskNamed } from "../outcome.ts";
import {
  LABEL_PARAMETER,
  numberParameter,
  STATES_PARAMETER,
  textParameter,
  wordParameter,
} from "../parameters.ts";

const MAX_PAGE = 500;
const MAX_NUMBER = 999_999_999_999;
const MAX_WINDOW_BYTES = 1_024 * 1_024;
const USUAL_WINDOW_BYTES = 64 * 1_024;

export const home = reading({
  method: "GET",
  path: "/home",
  access: "read",
  name: "getHome",
  summary: "Tells which home is served, and what the token allows",
  answer: { status: 200, schema: about, about: "the home" },
  run: ({ context: { layout, version }, access }) => {
    const owner = lockOwner(layout);
    const supervisor = owner?.capacity === undefined ? null : { pid: owner.pid, since: owner.since };
    return ok({ data: { version, home: layout.home, supervisor, access } });
  },
});

export const summary = reading({
  method: "GET",
  path: "/summary",
  access: "read",
  name: "getSummary",
  summary: "Tells the queue at a glance: tasks in each state, services, the supervisor",
  answer: { status: 200, schema: homeSummarySchema, about: "the queue" },
  run: async ({ context: { mirror } }) => {
    await mirror.catchUp();
    return ok({ data: mirror.summary() });
  },
});

export const list = reading({
  method: "GET",
  path: "/tasks",
  access: "read",
  name: "listTasks",
  summary: "Lists tasks, a page at a time",
  query: {
    state: STATES_PARAMETER,
    name: textParameter(
      "only tasks with this name; * stands for any characters",
      "a name, or a pattern with *",
    ),
    label: LABEL_PARAMETER,
    failure: textParameter("only tasks whose last attempt failed so", "a failure class or code"),
    group: textParameter(
      "only members of this sweep or group",
      "its name, or the number of one of its tasks",
    ),
    slot: textParameter("only tasks of this lane", "the name of a lane"),
    limit: { ...numberParameter(1, MAX_PAGE, "tasks on a page"), default: 100 },
    order: {
      ...wordParameter(
        ["newest", "queue"],
        "newest first, or the unfinished tasks alone, as they are expected to start",
      ),
      default: "newest",
    },
    cursor: numberParameter(1, MAX_NUMBER, "`next` of the page before"),
  },
  answer: { status: 200, schema: taskPageSchema, about: "a page" },
  run: async ({ context: { mirror }, query }) => {
    const { state: states, label: labels, name, failure, slot, ...where } = query;
    const criteria = {
      ...(states !== undefined && { states }),
      ...(labels !== undefined && { labels }),
      ...(name !== undefined && { name }),
      ...(failure !== undefined && { failure }),
      ...(slot !== undefined && { slot }),
    };
    await mirror.catchUp();
    return answeredWith(mirror.page({ query: criteria, ...where }));
  },
});

export const get = reading({
  method: "GET",
  path: "/tasks/{task}",
  access: "read",
  name: "getTask",
  summary: "Gives the record of a task; its ETag is for If-None-Match, and for If-Match of changes",
  answer: { status: 200, schema: taskSchema, about: "the record" },
  run: ({ context, task, request }) => {
    const found = taskNamed(context, task);
    if (!found.ok) return found;
    const etag = etagOf(found.value);
    if (request.headers.get("if-none-match") === etag) return ok(unchangedAnswer(etag));
    return ok({ data: found.value, headers: { etag, "cache-control": "private, no-cache" } });
  },
});

export const explain = reading({
  method: "GET",
  path: "/tasks/{task}/explain",
  access: "read",
  name: "explainTask",
  summary: "Tells why a task waits or failed",
  answer: { status: 200, schema: explanation, about: "the reasons" },
  run: async ({ context, task }) => {
    const found = taskNamed(context, task);
    return found.ok ? ok({ data: await explanationOf(context, found.value) }) : found;
  },
});

export const log = reading({
  method: "GET",
  path: "/tasks/{task}/log",
  access: "read",
  name: "getLog",
  summary: "Gives some of the log of an attempt, with secrets hidden; ask again from `next` for what follows",
  query: {
    attempt: numberParameter(1, 1_000_000, "the number of the attempt; default: the last"),
    offset: {
      ...numberParameter(0, Number.MAX_SAFE_INTEGER, "where to begin, in bytes: `next` of the window before"),
      default: 0,
    },
    limit: { ...numberParameter(1, MAX_WINDOW_BYTES, "bytes at most"), default: USUAL_WINDOW_BYTES },
    stream: {
      ...wordParameter(["stdout", "stderr"], "which log, of a task whose streams have a log each"),
      default: "stdout",
    },
  },
  answer: { status: 200, schema: logWindowSchema, about: "a window of the log" },
  run: async ({ context, task, query }) => {
    const found = taskNamed(context, task);
    return found.ok
      ? answeredWith(logWindow(context.caller, context.layout, { task: found.value, asked: query }))
      : found;
  },
});

export const stats = reading({
  method: "GET",
  path: "/stats",
  access: "read",
  name: "getStatistics",
  summary: "Counts states, attempts, failures, times and hours of GPUs over all tasks",
  answer: { status: 200, schema: statistics, about: "the counts" },
  run: ({ context: { layout, caller } }) => {
    const nowMs = caller.clock.now();
    const tasks = eachOutline(layout, PLACES, caller.progress());
    return ok({ data: statisticsOf(tasks, { nowMs, sinceMs: null, onCompleted: () => {} }) });
  },
});
