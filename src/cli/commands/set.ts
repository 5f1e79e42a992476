import { homePath } from "../../desk/home.ts";
import { requestOperation } from "../../desk/request-operation.ts";
import { ERRORS, EXIT, type Problem, problem } from "../../model/errors.ts";
import type { Operation } from "../../model/request.ts";
import type { Task } from "../../model/task.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { readTask } from "../../store/reader.ts";
import { type Call, declareVerb, type Ended, type TasksFor } from "../command-line/declare.ts";
import { usage } from "../command-line/usage.ts";
import { wholeNumber } from "../command-line/values.ts";
import { settableKeys } from "../completion/keys.ts";
import type { Context } from "../context.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { targetOf, targetTasks, unanswered } from "../targets.ts";
import { editOf } from "../task-edits.ts";
import { renderProblem } from "../text/problem.ts";

/** A supervisor changes records too: as long as the spec is unchanged, a version conflict is resolved by trying again. */
const MAX_TRIES = 5;

const CHANGEABLE: TasksFor = { eligible: ({ status }) => status.state !== "completed" };

const FLAGS = {
  ...SELECTOR_FLAGS,
  ifVersion: { value: wholeNumber(1), help: "only if the record has this resourceVersion" },
} as const;

export const verb = declareVerb({
  operands: [
    { name: "TASK…", count: "optional", help: TASKS.help, completes: CHANGEABLE, keys: settableKeys },
    {
      name: "KEY=VALUE",
      count: "any",
      help: "a key of the task file and its value; key=default resets it",
      keys: settableKeys,
    },
  ],
  flags: FLAGS,
  notes:
    "  stint set 12 priority=50 timeout=2h env.SEED=3 labels.paper=fig3\n  stint set --failed memory=64GB",
  run: set,
});

async function set({ context, flags, operands }: Call<typeof FLAGS>): Promise<Ended> {
  const { ifVersion, ...selectors } = flags;
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const references = operands.filter((word) => !word.includes("="));
  const changes = operands.filter((word) => word.includes("="));
  const nameless = changes.find((pair) => pair.startsWith("="));
  if (nameless !== undefined) return usage(`"${nameless}" names no key, wanted KEY=VALUE`);
  if (changes.length === 0)
    return usage(
      "KEY=VALUE is missing, wanted a key of the task file and its value",
      "stint set 12 priority=50",
    );
  const pairs = changes.map((pair): [string, string] => [
    pair.slice(0, pair.indexOf("=")),
    pair.slice(pair.indexOf("=") + 1),
  ]);
  const found = targetTasks(context, {
    layout: home.value,
    references,
    flags: selectors,
    ...CHANGEABLE,
  });
  if (!found.ok) return found.error;
  if (found.value.length === 0) context.err("stint: no task matches; nothing was done\n");
  let exit: number = EXIT.done;
  for (const task of found.value) {
    const refused = await change(context, home.value, { task, pairs, version: ifVersion });
    if (refused === null) continue;
    context.err(renderProblem(refused));
    exit = Math.max(exit, EXIT[ERRORS[refused.code].exit]);
  }
  return exit;
}

async function change(
  context: Context,
  layout: Layout,
  call: { task: Task; pairs: [string, string][]; version: number | undefined },
): Promise<Problem | null> {
  let { task } = call;
  for (let tries = 1; ; tries += 1) {
    const edited = await editOf(context, task, call.pairs);
    if (!edited.ok) return edited.error;
    const version = call.version ?? task.metadata.resourceVersion;
    const operation: Operation = {
      verb: "set",
      targets: [{ ...targetOf(task), version }],
      ...edited.value,
    };
    const refused = await tryChange(context, layout, operation);
    if (refused === null) return null;
    const latest = readTask(layout, task.metadata.id);
    const isOurs =
      latest.ok &&
      latest.value.metadata.generation === task.metadata.generation &&
      latest.value.metadata.epoch === task.metadata.epoch;
    const mayRepeat =
      refused.code === "VERSION_CONFLICT" && call.version === undefined && isOurs && tries < MAX_TRIES;
    if (!mayRepeat) return refused;
    task = latest.value;
  }
}

async function tryChange(context: Context, layout: Layout, operation: Operation): Promise<Problem | null> {
  const performed = await requestOperation(context, layout, operation);
  if (!performed.ok) return performed.error;
  if (performed.value.requested > 0) return unanswered();
  const [answer] = performed.value.answers;
  if (answer?.problem === undefined) {
    context.out(`${answer?.id ?? ""} changed\n`);
    return null;
  }
  const { code, message, hint } = answer.problem;
  return problem(code as Problem["code"], message, hint);
}
