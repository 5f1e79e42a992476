import { resolve } from "node:path";
import { type Artifacts, artifactsOf } from "../../desk/artifacts.ts";
import { cleanedTasks } from "../../desk/cleaned.ts";
import { counted } from "../../lib/counted.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ARTIFACTS_FOLDER } from "../../model/attempt-files.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { inNumberOrder } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { textValue, wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { copyOut } from "../copy-artifacts.ts";
import { hasDesktop, openOnDesktop } from "../desktop.ts";
import { inHome } from "../in-home.ts";
import { LAST, SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { targetTasks } from "../targets.ts";
import { artifactsText } from "../text/artifacts.ts";
import { styleFor } from "../text/style.ts";

const FLAGS = {
  attempt: { value: wholeNumber(1), help: "those of attempt N (default: the last one that left some)" },
  copy: {
    value: { ...textValue("DIR", "a folder"), completes: "folders" },
    help: "copy them into DIR; nothing there is replaced",
  },
  open: { help: "print the folder, and open it where there is a desktop", excludes: ["copy", "json"] },
  json: { help: "print JSON", excludes: ["copy"] },
  ...SELECTOR_FLAGS,
} as const;

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: { eligible: ({ status }) => status.attempt > 0 } }],
  flags: FLAGS,
  notes:
    "Without a task: the last one that was submitted. Artifacts of a task that was cleaned up are listed by its number, id or name, or by the name of its sweep. What a job wrote to $STINT_RUN_DIR is listed too.",
  run: inHome(artifacts),
});

function artifacts({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Ended {
  const { attempt, copy, open, json, ...selectors } = flags;
  const chosen = chosenIds(context, layout, { operands, selectors });
  if (!chosen.ok) return chosen.error;
  const found = chosen.value.flatMap((id) => artifactsOf(layout, id, attempt) ?? []);
  if (json === true) {
    context.out(`${JSON.stringify(found)}\n`);
    return EXIT.done;
  }
  if (copy !== undefined) return copyAll(context, found, resolve(context.cwd, copy));
  if (open === true) return openAll(context, found);
  const shown = { style: styleFor(context.hasColor), columns: context.columns() };
  context.out(found.map((one) => artifactsText(one, shown)).join("\n"));
  const some = found.filter((one) => one.artifacts.length + one.others.length > 0);
  if (some.length === 0) context.err(`${noneText(chosen.value)}\n`);
  return EXIT.done;
}

function noneText(ids: readonly TaskId[]): string {
  const [id] = ids;
  if (id === undefined) return "No task matches.";
  return ids.length === 1
    ? `${id} has left no artifacts.`
    : `None of ${counted(ids.length, "task")} has left artifacts.`;
}

/** The tasks that are named or selected, those included that were cleaned up while their artifacts stayed. */
function chosenIds(
  context: Context,
  layout: Layout,
  of: {
    readonly operands: readonly string[];
    readonly selectors: Omit<Call<typeof FLAGS>["flags"], "attempt" | "copy" | "open" | "json">;
  },
): Result<TaskId[], Problem> {
  const { operands, selectors } = of;
  const isSelection = Object.values(selectors).some((value) => value !== undefined);
  const call = { layout, flags: selectors, eligible: () => true, isReadOnly: true } as const;
  if (isSelection || operands.length === 0) {
    const references = operands.length === 0 && !isSelection ? [LAST] : operands;
    const found = targetTasks(context, { ...call, references });
    return found.ok ? ok(found.value.toSorted(inNumberOrder).map(({ metadata }) => metadata.id)) : found;
  }
  const ids = new Set<TaskId>();
  for (const reference of operands) {
    const found = targetTasks(context, { ...call, references: [reference] });
    const cleaned = found.ok || found.error.code !== "NOT_FOUND" ? [] : cleanedTasks(layout, reference);
    if (!found.ok && cleaned.length === 0) return err(found.error);
    const tasks = found.ok ? found.value.toSorted(inNumberOrder).map(({ metadata }) => metadata.id) : cleaned;
    for (const id of tasks) ids.add(id);
  }
  return ok([...ids]);
}

function copyAll(context: Context, found: readonly Artifacts[], folder: string): Ended {
  const copied = copyOut(found, folder);
  if (!copied.ok) return copied.error;
  context.err(`copied ${counted(copied.value, "file")} to ${folder}\n`);
  return EXIT.done;
}

/** Prints the folders; a desktop opens them. */
function openAll(context: Context, found: readonly Artifacts[]): Ended {
  if (found.length === 0) return problem("NOT_FOUND", "Cannot open the folder: there are no artifacts");
  for (const { folder, artifacts: own } of found) {
    const path = own.length === 0 ? folder : `${folder}/${ARTIFACTS_FOLDER}`;
    context.out(`${path}\n`);
    if (hasDesktop(context)) openOnDesktop(context, path);
  }
  return EXIT.done;
}
