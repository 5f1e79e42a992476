import { type ReadOrder, readFiles } from "../../daemon/admit/reading.ts";
import { homePath } from "../../desk/home.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";

/** Room for a thousand files with paths of maximum length, and for the machine. */
const MAX_ORDER_BYTES = 64 * 1_024 * 1_024;

export const verb = declareVerb({ flags: {}, run: ({ context }) => readOrdered(context) });

function readOrdered(context: Context): Ended {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const order = orderIn(context.readInput(MAX_ORDER_BYTES));
  if (order === null) {
    const message = "Cannot read task files: standard input is no order of a supervisor";
    return problem("USAGE", message, "to queue a task file: stint submit FILE");
  }
  const tell = (line: unknown): void => context.out(`${JSON.stringify(line)}\n`);
  readFiles(home.value, order, { clock: context.clock, tell });
  return EXIT.done;
}

function orderIn(input: ReturnType<Context["readInput"]>): ReadOrder | null {
  try {
    return JSON.parse(new TextDecoder().decode(input)) as ReadOrder;
  } catch {
    return null;
  }
}
