import { basename, extname, resolve } from "node:path";
import { refuseUnplaceable } from "../../daemon/admit/enqueue.ts";
import { refuseUnenforceable } from "../../daemon/jobs/limit-refusal.ts";
import { draftsOfSchedule, parseSchedule } from "../../daemon/schedules/load-schedule.ts";
import { configSeen, settingsInForce } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { machineFor } from "../../desk/machine.ts";
import { loadOptions } from "../../desk/schedules.ts";
import { tellOfTexts } from "../../desk/text-notes.ts";
import { counted } from "../../lib/counted.ts";
import { err } from "../../lib/result.ts";
import { detectLimitBackend, thisMachine } from "../../machine/limit-backend.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { declareVerb } from "../command-line/declare.ts";
import { readDrafts } from "../drafts.ts";
import { describeTiming } from "../text/cron.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";

export const verb = declareVerb({
  operands: [
    { name: "FILE", count: "some", help: "task or schedule files (- for stdin)", completes: "taskFiles" },
  ],
  flags: { json: { help: "print the tasks as JSON" } },
  run: async ({ context, flags, operands: files }) => {
    const layout = new Layout(homePath(context));
    const settings = await settingsInForce(context, layout);
    if (!settings.ok) return settings.error;
    const schedules: string[] = [];
    const options = loadOptions(context, settings.value);
    const drafts = await readDrafts(context, {
      files,
      words: null,
      isCheck: true,
      fields: [],
      defaults: settings.value.defaults,
      readSchedule: (text, path) => {
        const name = basename(path, extname(path));
        const read = parseSchedule(text, { path, name }, options);
        if (!read.ok)
          return err({
            ...problem("INVALID_TASK_FILE", `Cannot use the schedule "${name}"`),
            faults: read.error,
          });
        schedules.push(`${name}, ${describeTiming(read.value.schedule.timing)}`);
        return draftsOfSchedule(read.value, { path: resolve(context.cwd, path), name }, options);
      },
    });
    if (!drafts.ok) return drafts.error;
    const owner = lockOwner(layout);
    const { scheduling } = await configSeen(context, layout, { owner, given: settings.value });
    const machine = await machineFor(context, layout, { drafts: drafts.value, scheduling, owner });
    const placeable = refuseUnplaceable(drafts.value, machine);
    if (!placeable.ok) return placeable.error;
    const { controllers } = detectLimitBackend(thisMachine(context.env));
    const enforceable = refuseUnenforceable(drafts.value, controllers);
    if (!enforceable.ok) return enforceable.error;
    await tellOfTexts(context, drafts.value);
    const count = counted(drafts.value.length, "task");
    const valid = [
      ...schedules.map((schedule) => `valid: schedule ${schedule}\n`),
      `valid: ${count}, ${namesOf(drafts.value).join(", ")}\n${describeSweeps(drafts.value)}`,
    ];
    context.out(flags.json ? `${JSON.stringify(drafts.value, null, 2)}\n` : valid.join(""));
    return EXIT.done;
  },
});
