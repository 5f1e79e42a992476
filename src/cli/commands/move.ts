import { findTask } from "../../desk/select.ts";
import { targetOf } from "../../desk/targets.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import type { Operation } from "../../model/request.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { usage } from "../command-line/usage.ts";
import { TASK } from "../command-line/values.ts";
import { inHome } from "../in-home.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { performAndTell, targetTasks } from "../targets.ts";

const QUEUED = {
  states: ["queued"],
  eligible: ({ status }: { readonly status: { readonly state: string } }) => status.state === "queued",
} as const;

const ANCHOR = { ...TASK, completes: QUEUED };

/** Flags that may be typed without their dashes. */
const PLACES_IN_WORDS: readonly string[] = ["before", "after", "top", "bottom"];

const FLAGS = {
  before: { value: ANCHOR, excludes: ["after", "top", "bottom"], help: "to the place before this task" },
  after: { value: ANCHOR, excludes: ["top", "bottom"], help: "to the place after this task" },
  top: { excludes: ["bottom"], help: "before all tasks that are ready" },
  bottom: { help: "after all tasks that are ready" },
  ...SELECTOR_FLAGS,
  dryRun: { help: "show where they would go, and move nothing" },
  json: { help: "print JSON" },
} as const;

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: QUEUED }],
  flags: FLAGS,
  notes:
    "A moved task gets the priority of the task beside it. It still waits for its parents, its lane and its time.",
  run: inHome(move),
});

async function move({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const placed = operands.find((word) => PLACES_IN_WORDS.includes(word));
  const where = whereOf(layout, flags, { placed, operands });
  if (!where.ok) return where.error;
  const tasks = targetTasks(context, { ...QUEUED, layout, references: operands, flags });
  if (!tasks.ok) return tasks.error;
  const anchor = "anchor" in where.value ? where.value.anchor.id : null;
  if (tasks.value.some(({ metadata }) => metadata.id === anchor))
    return usage(`--${where.value.type} ${anchor} is one of the tasks to move, wanted another one`);
  if (tasks.value.length === 0) {
    context.err("stint: no task matches; nothing was done\n");
    return EXIT.done;
  }
  const operation: Operation = {
    verb: "move",
    targets: tasks.value.map(targetOf),
    where: where.value,
    ...(flags.dryRun === true && { dryRun: true }),
  };
  return performAndTell(context, layout, { operation, json: flags.json === true });
}

function whereOf(
  layout: Layout,
  { before, after, top, bottom }: FlagValues<typeof FLAGS>,
  { placed, operands }: { readonly placed: string | undefined; readonly operands: readonly string[] },
): Result<Extract<Operation, { verb: "move" }>["where"], Problem> {
  const reference = before ?? after;
  if (reference !== undefined) {
    const anchor = findTask(layout, reference);
    return anchor.ok
      ? ok({ type: before === undefined ? "after" : "before", anchor: targetOf(anchor.value) })
      : anchor;
  }
  if (top === undefined && bottom === undefined)
    return err(
      usage(
        "no place is given, wanted --before TASK, --after TASK, --top or --bottom",
        placed === undefined ? besideLast(operands) : `did you mean --${placed}?`,
      ),
    );
  return ok({ type: top === undefined ? "bottom" : "top" });
}

/** `move 3 1` may mean before the last one. */
function besideLast(operands: readonly string[]): string | undefined {
  const anchor = operands.at(-1);
  return operands.length < 2
    ? undefined
    : `to move it before ${anchor}: stint move ${operands.slice(0, -1).join(" ")} --before ${anchor}`;
}
