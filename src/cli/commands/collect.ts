import { collectAll } from "../../daemon/collect/collecting.ts";
import type { CollectOrder } from "../../daemon/collect/order.ts";
import { homePath } from "../../desk/home.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";

/** Room for the records of a hundred tasks, whose scripts may be large. */
const MAX_ORDER_BYTES = 1_024 * 1_024 * 1_024;

export const verb = declareVerb({ flags: {}, run: ({ context }) => collectOrdered(context) });

async function collectOrdered(context: Context): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const order = orderIn(context.readInput(MAX_ORDER_BYTES));
  if (order === null) {
    const message = "Cannot collect results: standard input is not a request of a supervisor";
    return problem("USAGE", message, "to see the results of a task: stint show ID");
  }
  await collectAll(home.value, order, {
    environment: context.env,
    nowMs: () => context.clock.now(),
    tell: (told) => {
      context.out(`${JSON.stringify(told)}\n`);
      return context.outputEnd() === null;
    },
  });
  return EXIT.done;
}

function orderIn(input: ReturnType<Context["readInput"]>): CollectOrder | null {
  try {
    return JSON.parse(new TextDecoder().decode(input)) as CollectOrder;
  } catch {
    return null;
  }
}
