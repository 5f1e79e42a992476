import type { Command } from "commander";
import { type Order, readFiles } from "../../daemon/reading.ts";
import { EXIT } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { homePath } from "../home.ts";
import type { Invocation } from "../verbs.ts";

/** A thousand files with the longest paths that there are, and the machine. */
const MAX_ORDER_BYTES = 64 * 1_024 * 1_024;

export function declare(command: Command, { context, end }: Invocation): void {
  command.action(() => {
    const home = openHome(homePath(context));
    if (!home.ok) return end(home.error);
    const order = JSON.parse(new TextDecoder().decode(context.readInput(MAX_ORDER_BYTES))) as Order;
    const tell = (told: unknown): void => context.out(`${JSON.stringify(told)}\n`);
    readFiles(home.value, order, { clock: context.clock, tell });
    end(EXIT.done);
  });
}
