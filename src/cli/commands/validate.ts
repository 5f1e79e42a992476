import { basename, extname, resolve } from "node:path";
import { refuseUnplaceable } from "../../daemon/admit/enqueue.ts";
import { refuseUnenforceable } from "../../daemon/jobs/limit-refusal.ts";
import { draftsOfSchedule, parseSchedule } from "../../daemon/schedules/load-schedule.ts";
import { configSeen, settingsInForce } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { machineFor } from "../../desk/machine.ts";
import { loadOptions } from "../../desk/schedules.ts";
import { tellOfTexts } from "../../desk/text-notes.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../intake/default-settings.ts";
import { FORMS, type Form } from "../../intake/recognize/form.ts";
import { settingsOfText } from "../../intake/settings-text.ts";
import { counted } from "../../lib/counted.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { detectLimitBackend, thisMachine } from "../../machine/limit-backend.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { declareVerb } from "../command-line/declare.ts";
import { wordValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import type { Checks } from "../draft-file.ts";
import { readDrafts } from "../drafts.ts";
import { describeTiming } from "../text/cron.ts";
import { jsonText } from "../text/json.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";

/** What a refusal says that it cannot do: nothing was to be queued. */
const ACTION = "run";

export const verb = declareVerb({
  operands: [
    {
      name: "FILE",
      count: "some",
      help: "files of tasks, scripts, schedules or a config.yaml (- for stdin)",
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
    const layout = new Layout(homePath(context));
    const settings = await settingsInForce(context, layout);
    // A faulty config.yaml of the home is told where another file needs it.
    const known = settings.ok ? settings.value : DEFAULT_SETTINGS;
    const valid: string[] = [];
    const drafts = await readDrafts(context, {
      files,
      words: null,
      isCheck: true,
      fields: [],
      options: [],
      defaults: known.defaults,
      checks: checksOf(context, { as: flags.as, settings: known, valid }),
    });
    if (!drafts.ok) return drafts.error;
    if (drafts.value.length > 0) {
      if (!settings.ok) return settings.error;
      const possible = await refuseImpossible(context, layout, { drafts: drafts.value, settings: known });
      if (!possible.ok) return possible.error;
      await tellOfTexts(context, drafts.value);
      const count = counted(drafts.value.length, "task");
      valid.push(`${count}, ${namesOf(drafts.value).join(", ")}\n${describeSweeps(drafts.value)}`.trimEnd());
    }
    const lines = valid.map((what) => `valid: ${what}\n`).join("");
    context.out(flags.json ? jsonText(drafts.value) : lines);
    return EXIT.done;
  },
});

interface Checking {
  readonly as: Form | undefined;
  readonly settings: Settings;
  /** What was found valid is added. */
  readonly valid: string[];
}

function checksOf(context: Context, { as, settings, valid }: Checking): Checks {
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
      return draftsOfSchedule(read.value, { path: resolve(context.cwd, path), name }, options);
    },
    config: (text, path) => {
      const read = settingsOfText(text, { file: path, userHome: context.userHome });
      if (!read.ok) return read;
      valid.push(`config ${path}`);
      return ok([]);
    },
  };
}

/** Refuses tasks that this machine can never run. */
async function refuseImpossible(
  context: Context,
  layout: Layout,
  { drafts, settings }: { readonly drafts: readonly Draft[]; readonly settings: Settings },
): Promise<Result<unknown, Problem>> {
  const owner = lockOwner(layout);
  const { scheduling } = await configSeen(context, layout, { owner, given: settings });
  const machine = await machineFor(context, layout, { drafts, scheduling, owner });
  const placeable = refuseUnplaceable(drafts, machine, ACTION);
  if (!placeable.ok) return placeable;
  const { controllers } = detectLimitBackend(thisMachine(context.env));
  return refuseUnenforceable(drafts, controllers, ACTION);
}
