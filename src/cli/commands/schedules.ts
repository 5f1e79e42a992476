import type { Command } from "commander";
import { EXIT, problem } from "../../model/errors.ts";
import { ensureHome, openHome } from "../../store/home.ts";
import { homePath } from "../home.ts";
import { type AddFlags, addSchedules } from "../schedule-add.ts";
import { removeSchedule, runSchedule, setPaused } from "../schedule-changes.ts";
import { findSchedule, scheduleViews } from "../schedules.ts";
import { readSettings } from "../settings.ts";
import { scheduleJson, scheduleRows, showSchedule } from "../text/schedule.ts";
import { renderTable } from "../text/table.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags extends AddFlags {
  readonly json?: true;
}

const ACTIONS = "add, ls, show, pause, resume, rm, run";

export function declare(command: Command, { context, words, end }: Invocation): void {
  command
    .argument("[what]", `${ACTIONS}; ls without it`)
    .argument("[names...]", "of schedules; of files for add")
    .option("--name <name>", "add: the name of the schedule (default: that of the file)")
    .option("--cron <expression>", 'add: five fields, as in "30 1 * * *", for the command after --')
    .option("--every <duration>", "add: like 6h, for the command after --")
    .option("--force", "add: over a schedule of the same name")
    .option("--json", "ls, show: as JSON")
    .addHelpText(
      "after",
      "\n  stint schedules add nightly.yaml\n  stint schedules add --name tidy --every 6h -- make clean\n  stint schedules run nightly     once, now\n\nA schedule is a file of schedules/ in the home; `stint init nightly` writes one to begin with.",
    )
    .action(async (what: string | undefined, names: string[], flags: Flags) => {
      end(await perform(what ?? "ls", names, flags));
    });

  async function perform(what: string, names: string[], flags: Flags): Promise<Ended> {
    const home = what === "add" ? ensureHome(homePath(context)) : openHome(homePath(context));
    if (!home.ok) return home.error;
    const layout = home.value;
    const settings = await readSettings(context, layout);
    if (!settings.ok) return settings.error;
    if (what === "add")
      return addSchedules(context, layout, { files: names, words, flags, settings: settings.value });
    if (what === "ls") {
      const nowMs = context.clock.now();
      const views = scheduleViews(context, layout, settings.value);
      if (flags.json) context.out(`${JSON.stringify(views.map(scheduleJson), null, 2)}\n`);
      else if (views.length === 0) context.out("No schedules. To make one: stint schedules add FILE\n");
      else context.out(renderTable(scheduleRows(views, nowMs), { columns: context.columns() }));
      for (const { faults } of views) if (faults !== null && !flags.json) context.err(`\n${faults}\n`);
      return EXIT.done;
    }
    if (!["show", "pause", "resume", "rm", "run"].includes(what))
      return problem("USAGE", `Cannot run "schedules ${what}": wanted ${ACTIONS}`);
    if (names.length === 0)
      return problem("USAGE", `Cannot ${what} a schedule: none is named`, "see `stint schedules ls`");
    for (const name of names) {
      const found = findSchedule(context, layout, { name, settings: settings.value });
      if (!found.ok) return found.error;
      const view = found.value;
      const { value: ofHome } = settings;
      if (what === "show")
        context.out(
          flags.json
            ? `${JSON.stringify(scheduleJson(view), null, 2)}\n`
            : showSchedule(view, context.clock.now()),
        );
      else {
        const done =
          what === "rm"
            ? removeSchedule(context, layout, view)
            : what === "run"
              ? await runSchedule(context, layout, { view, settings: ofHome })
              : setPaused(context, layout, { view, isPaused: what === "pause" });
        if (!done.ok) return done.error;
      }
    }
    return EXIT.done;
  }
}
