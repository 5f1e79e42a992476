import { ERRORS, EXIT } from "../../model/errors.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended, type TasksFor } from "../command-line/declare.ts";
import { usage } from "../command-line/usage.ts";
import { wholeNumber } from "../command-line/values.ts";
import { settableKeys } from "../completion/keys.ts";
import { inHome } from "../in-home.ts";
import { joinedPair, setVerbInstead } from "../key-hints.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { targetTasks } from "../targets.ts";
import { changeTask, editOf } from "../task-edits.ts";
import { renderProblem } from "../text/problem.ts";

const CHANGEABLE: TasksFor = { eligible: ({ status }) => status.state !== "completed" };

const FLAGS = {
  ...SELECTOR_FLAGS,
  dryRun: { help: "show what would change, and change nothing" },
  ifVersion: { value: wholeNumber(1), help: "fail unless the record has this resourceVersion" },
} as const;

export const verb = declareVerb({
  operands: [
    { name: "TASK…", count: "optional", help: TASKS.help, completes: CHANGEABLE, keys: settableKeys },
    {
      name: "KEY=VALUE",
      count: "any",
      help: "a key of the task file and its value; KEY=default resets it",
      keys: settableKeys,
    },
  ],
  flags: FLAGS,
  insteadOf: setVerbInstead,
  notes:
    "  stint set 12 priority=50 timeout=2h env.SEED=3 labels.paper=fig3\n  stint set --failed memory=64GB",
  run: inHome(set),
});

async function set({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { ifVersion, dryRun, ...selectors } = flags;
  const references = operands.filter((word) => !word.includes("="));
  const changes = operands.filter((word) => word.includes("="));
  const nameless = changes.find((pair) => pair.startsWith("="));
  if (nameless !== undefined) return usage(`"${nameless}" names no key, wanted KEY=VALUE`);
  if (changes.length === 0)
    return usage(
      "KEY=VALUE is missing, wanted a key of the task file and its value",
      `stint set ${joinedPair(references) ?? "12 priority=50"}`,
    );
  const pairs = changes.map((pair): [string, string] => [
    pair.slice(0, pair.indexOf("=")),
    pair.slice(pair.indexOf("=") + 1),
  ]);
  const found = targetTasks(context, { layout, references, flags: selectors, ...CHANGEABLE });
  if (!found.ok) return found.error;
  if (found.value.length === 0) context.err("stint: no task matches; nothing was done\n");
  let exit: number = EXIT.done;
  for (const task of found.value) {
    const refused = await changeTask(context, layout, {
      task,
      version: ifVersion,
      isDry: dryRun === true,
      editFor: (latest) => editOf(context, latest, pairs),
    });
    if (refused === null) continue;
    context.err(renderProblem(refused, context.columns()));
    exit = Math.max(exit, EXIT[ERRORS[refused.code].exit]);
  }
  return exit;
}
