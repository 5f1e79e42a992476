import { openAttempt } from "../../model/task.ts";
import { readTree } from "../../run/datasets/tree.ts";
import { Notes } from "./notes.ts";
import type { Part } from "./part.ts";

/** Whether the data of a job is still what was verified before it ran. */
export const dataPart: Part = {
  name: "data sets",
  isNeeded: ({ task }) => stampsOf(task).length > 0,
  collect: ({ task, beat }) => {
    const notes = new Notes();
    for (const { name, path, stamp } of stampsOf(task)) {
      const tree = readTree(path, beat);
      if (!tree.ok)
        notes.add(`the data set "${name}" changed while the job ran: ${tree.error.path} ${tree.error.is}`);
      else if (tree.value.stamp !== stamp)
        notes.add(`the data set "${name}" changed while the job ran: it is not what was verified`);
    }
    return { notes: notes.all };
  },
};

function stampsOf(task: Parameters<typeof openAttempt>[0]): { name: string; path: string; stamp: string }[] {
  return Object.entries(openAttempt(task)?.datasets ?? {}).flatMap(([name, { path, stamp }]) =>
    stamp === undefined ? [] : [{ name, path, stamp }],
  );
}
