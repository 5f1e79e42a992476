import type { Settings } from "../intake/default-settings.ts";
import type { Diagnostic } from "../intake/diagnostic.ts";
import { renderDiagnostic } from "../intake/diagnostic.ts";
import { readTaskOrScript } from "../intake/script/task-or-script.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { SubmittedAnswer, Validation } from "../model/api/answers.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Draft } from "../model/submission.ts";
import { definitionReader } from "../store/definitions.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { settingsInForce } from "./config-seen.ts";
import { checkSubmission } from "./submission-check.ts";
import { submitDrafts } from "./submitting.ts";

/** What messages call the text of a request. */
const FILE = "the request";

/**
 * Queues the tasks of a text as those of an inbox file: they get the environment and the umask of the supervisor that starts them, and
 * nothing of the caller's.
 */
export async function submitText(
  caller: Caller,
  layout: Layout,
  text: string,
): Promise<Result<SubmittedAnswer, Problem>> {
  const notes: string[] = [];
  const listening = {
    ...caller,
    err: (line: string) => void notes.push(line.trim().replace(/^stint: /, "")),
  };
  const settings = await settingsInForce(listening, layout);
  if (!settings.ok) return settings;
  const drafts = draftsIn(caller, layout, { text, settings: settings.value });
  if (!drafts.ok) {
    const count = drafts.error.length === 1 ? "1 fault" : `${drafts.error.length} faults`;
    const refused = problem("INVALID_TASK_FILE", `Cannot queue the request: nothing was queued, ${count}`);
    return err({ ...refused, faults: drafts.error.map(renderDiagnostic).join("\n\n") });
  }
  const queued = await submitDrafts(listening, layout, {
    drafts: drafts.value,
    settings: settings.value,
    isOfSchedule: true,
    source: "inbox",
  });
  if (!queued.ok) return queued;
  const tasks = queued.value.tasks.map(({ metadata: { id, number, name } }) => ({ id, number, name }));
  return ok({ tasks, notes });
}

/** Whether `submitText` would queue the tasks of a text now, and what is wrong with it. Changes nothing. */
export async function validateText(
  caller: Caller,
  layout: Layout,
  text: string,
): Promise<Result<Validation, Problem>> {
  const settings = await settingsInForce(caller, layout);
  if (!settings.ok) return settings;
  const drafts = draftsIn(caller, layout, { text, settings: settings.value });
  if (!drafts.ok) return ok({ isValid: false, tasks: [], faults: drafts.error.map(faultOf) });
  const tasks = drafts.value.map(({ name }) => name);
  const checked = await checkSubmission(caller, layout.home, {
    drafts: drafts.value,
    settings: settings.value,
  });
  if (checked.ok) return ok({ isValid: true, tasks, faults: [] });
  const { code, message, hint } = checked.error;
  return ok({
    isValid: false,
    tasks,
    faults: [],
    refused: { code, message, ...(hint !== undefined && { hint }) },
  });
}

function draftsIn(
  { userHome, clock }: Caller,
  layout: Layout,
  { text, settings }: { readonly text: string; readonly settings: Settings },
): Result<Draft[], Diagnostic[]> {
  return readTaskOrScript(text, {
    file: FILE,
    defaultCwd: userHome,
    home: userHome,
    defaultName: "task",
    nowMs: clock.now(),
    defaults: settings.defaults,
    definition: definitionReader(layout),
  });
}

function faultOf({ line, column, message, hint, corrected }: Diagnostic): Validation["faults"][number] {
  return {
    line,
    column,
    message,
    ...(hint !== undefined && { hint }),
    ...(corrected !== undefined && { corrected }),
  };
}
