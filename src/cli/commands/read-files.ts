import { type FilesOrder, readFiles } from "../../daemon/admit/reading.ts";
import { readSchedules, type ScheduleOrder } from "../../daemon/schedules/stage-firings.ts";
import { homePath } from "../../desk/home.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";

/** Room for a thousand files with paths of maximum length, or for the text of the largest schedule, and for the machine. */
const MAX_ORDER_BYTES = 64 * 1_024 * 1_024;

export const verb = declareVerb({ flags: {}, run: ({ context }) => readOrdered(context) });

async function readOrdered(context: Context): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const order = orderIn(context.readInput(MAX_ORDER_BYTES));
  if (order === null) {
    const message = "Cannot read task files: standard input is not a request of a supervisor";
    return problem("USAGE", message, "to queue a task file: stint submit FILE");
  }
  const tell = (line: unknown): void => context.out(`${JSON.stringify(line)}\n`);
  const { clock, env } = context;
  if (order.kind === "files") await readFiles(home.value, order, { clock, env, tell });
  else await readSchedules(home.value, order, { clock, env, tell });
  return EXIT.done;
}

function orderIn(input: ReturnType<Context["readInput"]>): FilesOrder | ScheduleOrder | null {
  try {
    return JSON.parse(new TextDecoder().decode(input)) as FilesOrder | ScheduleOrder;
  } catch {
    return null;
  }
}
