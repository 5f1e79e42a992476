import { basename, extname, resolve } from "node:path";
import { draftsOfSchedule, parseSchedule } from "../../daemon/schedules/load-schedule.ts";
import { settingsInForce } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { loadOptions } from "../../desk/schedules.ts";
import { checkScheduled, checkSubmission } from "../../desk/submission-check.ts";
import { tellOfTexts } from "../../desk/text-notes.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../intake/default-settings.ts";
import { FORMS, type Form } from "../../intake/recognize/form.ts";
import { settingsOfText } from "../../intake/settings-text.ts";
import { counted } from "../../lib/counted.ts";
import { err, ok } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { Layout } from "../../store/layout.ts";
import { declareVerb } from "../command-line/declare.ts";
import { wordValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import type { Checks } from "../draft-file.ts";
import { readDrafts } from "../drafts.ts";
import { describeTiming } from "../text/cron.ts";
import { jsonText } from "../text/json.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";
import { areTasks, validateTasks } from "../validate-task.ts";

export const verb = declareVerb({
  operands: [
    {
      name: "FILE",
      count: "some",
      help: "files of tasks, scripts, schedules or a config.yaml (- for stdin); or a number or an id of a task that ran",
      completes: "taskFiles",
    },
  ],
  flags: {
    as: {
      value: wordValue(FORMS, "FORM"),
      help: "what the files are: task, schedule or config; default: what their keys say",
    },
    json: { help: "print the tasks as JSON" },
  },
  run: async ({ context, flags, operands: files }) => {
    const path = homePath(context);
    if (areTasks(context, files))
      return validateTasks(context, path, { references: files, json: flags.json === true });
    const layout = new Layout(path);
    const settings = await settingsInForce(context, layout);
    // A faulty config.yaml of the home is told where another file needs it.
    const known = settings.ok ? settings.value : DEFAULT_SETTINGS;
    const valid: string[] = [];
    const scheduled: Draft[] = [];
    const read = await readDrafts(context, {
      files,
      words: null,
      isCheck: true,
      fields: [],
      options: [],
      defaults: known.defaults,
      checks: checksOf(context, { as: flags.as, settings: known, valid, scheduled }),
    });
    if (!read.ok) return read.error;
    const drafts = [...read.value, ...scheduled];
    if (drafts.length > 0) {
      if (!settings.ok) return settings.error;
      const possible = await checkScheduled(context, layout, { drafts: scheduled, settings: known });
      if (!possible.ok) return ofCheck(possible.error);
      if (read.value.length > 0) {
        const accepted = await checkSubmission(context, path, { drafts: read.value, settings: known });
        if (!accepted.ok) return ofCheck(accepted.error);
      }
      await tellOfTexts(context, drafts);
      const count = counted(drafts.length, "task");
      valid.push(`${count}, ${namesOf(drafts).join(", ")}\n${describeSweeps(drafts)}`.trimEnd());
    }
    const lines = valid.map((what) => `valid: ${what}\n`).join("");
    context.out(flags.json ? jsonText(drafts) : lines);
    return EXIT.done;
  },
});

/** Nothing was to be queued: a refusal says that the task cannot run. */
function ofCheck(refused: Problem): Problem {
  return { ...refused, message: refused.message.replace(/^Cannot queue/, "Cannot run") };
}

interface Checking {
  readonly as: Form | undefined;
  readonly settings: Settings;
  /** What was found valid is added. */
  readonly valid: string[];
  /** The tasks of schedules are added. */
  readonly scheduled: Draft[];
}

function checksOf(context: Context, { as, settings, valid, scheduled }: Checking): Checks {
  const options = loadOptions(context, settings);
  return {
    as,
    schedule: (text, path) => {
      const name = basename(path, extname(path));
      const read = parseSchedule(text, { path, name }, options);
      if (!read.ok) {
        const refused = problem("INVALID_TASK_FILE", `Cannot use the schedule "${name}"`);
        return err({ ...refused, faults: read.error });
      }
      valid.push(`schedule ${name}, ${describeTiming(read.value.schedule.timing)}`);
      const drafts = draftsOfSchedule(read.value, { path: resolve(context.cwd, path), name }, options);
      if (!drafts.ok) return drafts;
      for (const draft of drafts.value) scheduled.push(draft);
      return ok([]);
    },
    config: (text, path) => {
      const read = settingsOfText(text, { file: path, userHome: context.userHome });
      if (!read.ok) return read;
      valid.push(`config ${path}`);
      return ok([]);
    },
  };
}
