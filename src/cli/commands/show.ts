import type { Command } from "commander";
import { isTerminal } from "../../model/state.ts";
import { recordText } from "../../store/record.ts";
import { summaryOf } from "../group-summary.ts";
import { declareReadVerb, oneOrAll } from "../read-verb.ts";
import { tellOfSilence } from "../silence.ts";
import { renderTask } from "../text/show.ts";
import { renderSweep } from "../text/show-sweep.ts";
import { styleFor } from "../text/style.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, invocation: Invocation): void {
  const { context } = invocation;
  declareReadVerb(command, invocation, {
    // As it is on disk, with what the record holds for its readers.
    json: (tasks) => oneOrAll(tasks.map((task) => JSON.parse(recordText(task)) as unknown)),
    text: (tasks, layout) => {
      const style = styleFor(context.hasColor);
      const nowMs = context.clock.now();
      if (!tasks.every(({ status }) => isTerminal(status.state))) tellOfSilence(context, layout);
      const texts = tasks.map((task) =>
        renderTask(task, { nowMs, style, runFolder: layout.run(task.metadata.id) }),
      );
      return texts.join("\n");
    },
    sweep: {
      json: summaryOf,
      text: (members) =>
        renderSweep(members, { nowMs: context.clock.now(), style: styleFor(context.hasColor) }),
    },
  });
}
