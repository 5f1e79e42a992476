import { type ChangedTasks, changeTasks, type TaskChange } from "../../desk/change-tasks.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { CANCEL_FIELDS, CHANGE_FIELDS, changeAnswer, SET_FIELDS } from "../../model/api/changes.ts";
import { ERRORS, type ErrorCode, type Problem, rejected } from "../../model/errors.ts";
import { type ApiCall, type ApiOutcome, changing } from "../endpoint.ts";

const POST = { method: "POST", access: "full" } as const;
const ANSWER = { status: 200, schema: changeAnswer, about: "an answer for each task" } as const;

export const cancelTasks = changing(
  {
    ...POST,
    path: "/tasks/cancel",
    name: "cancelTasks",
    summary: "Cancels queued tasks, and stops running ones",
    answer: ANSWER,
    run: (call) => changeOf(call, { verb: "cancel", force: call.body.force ?? false }),
  },
  CANCEL_FIELDS,
);

const plain = (verb: "retry" | "hold" | "release", summary: string) =>
  changing(
    {
      ...POST,
      path: `/tasks/${verb}`,
      name: `${verb}Tasks`,
      summary,
      answer: ANSWER,
      run: (call) => changeOf(call, { verb }),
    },
    CHANGE_FIELDS,
  );

export const retryTasks = plain("retry", "Queues failed or cancelled tasks again");
export const holdTasks = plain("hold", "Keeps queued tasks from starting");
export const releaseTasks = plain("release", "Lets held tasks start");

export const setTasks = changing(
  {
    ...POST,
    path: "/tasks/set",
    name: "setTasks",
    summary: "Changes keys of tasks",
    answer: ANSWER,
    run: (call) => changeOf(call, { verb: "set", values: call.body.set }),
  },
  SET_FIELDS,
);

interface ChangeBody {
  readonly tasks: readonly (string | number)[];
  readonly version?: number;
}

/** Changes tasks; where each of them refuses, the first refusal is the answer, with all of them beside it. */
async function changeOf(
  { context: { caller, layout }, request, body }: ApiCall<object & Record<never, never>, ChangeBody>,
  change: TaskChange,
): Promise<ApiOutcome> {
  const match = ifMatch(request);
  if (!match.ok) return match;
  const changed: ChangedTasks = {
    references: body.tasks.map(String),
    version: body.version,
    ...match.value,
  };
  const done = await changeTasks(caller, layout, { change, changed });
  if (!done.ok) return done;
  const { answers } = done.value;
  const [first] = answers.flatMap(({ problem }) => problem ?? []);
  const isRefused = first !== undefined && done.value.unanswered === 0;
  if (!isRefused || answers.some(({ problem }) => problem === undefined)) return ok({ data: done.value });
  const { code, message, hint } = first;
  const known: ErrorCode = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "INTERNAL";
  return err({
    problem: { code: known, message, ...(hint !== undefined && { hint }) },
    more: { answers },
  });
}

/** The version that a request is for, from the ETag of a task. */
function ifMatch(request: Request): Result<Pick<ChangedTasks, "uid" | "version"> | null, Problem> {
  const header = request.headers.get("if-match");
  if (header === null) return ok(null);
  const [, uid, version] = /^"([\w-]+)\.(\d{1,15})"$/.exec(header.trim()) ?? [];
  if (uid === undefined)
    return rejected("USAGE", "Cannot read If-Match, wanted the ETag of a task as it was given");
  return ok({ uid, version: Number(version) });
}
