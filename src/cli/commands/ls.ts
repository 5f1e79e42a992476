import { homePath } from "../../desk/home.ts";
import { asLines, ownSequence } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { footerOf } from "../listing/footer.ts";
import { listingOf, tableOf } from "../listing/list.ts";
import { SELECTOR_FLAGS } from "../selectors.ts";

const MAX_LIMIT = 1_000;
const WATCH_MS = 1_000;

const FLAGS = {
  ...SELECTOR_FLAGS,
  all: { short: "a", help: "all ended tasks, not only the most recent, and each member of a sweep" },
  limit: { short: "n", value: wholeNumber(1, MAX_LIMIT), help: `list at most N tasks, up to ${MAX_LIMIT}` },
  cursor: { value: wholeNumber(1), help: "continue below this task number" },
  wide: { help: "also GPUs, priority and time of submission" },
  watch: { short: "w", help: "list again every second, until Ctrl-C" },
  json: { help: "the records as a JSON array" },
} as const;

type Flags = FlagValues<typeof FLAGS>;

export const verb = declareVerb({
  flags: FLAGS,
  run: ({ context, flags }) => (flags.watch === true ? watch(context, flags) : list(context, flags)),
});

/** Lists every second, until Ctrl-C or an error. */
async function watch(context: Context, flags: Flags): Promise<Ended> {
  const { promise: interrupted, resolve } = Promise.withResolvers<"interrupted">();
  context.onSignal(() => resolve("interrupted"));
  for (;;) {
    if (context.isTerminal) context.out(`${ownSequence("H")}${ownSequence("2J")}`);
    const ended = await list(context, flags);
    if (ended !== EXIT.done || context.outputEnd() !== null) return ended;
    if ((await Promise.race([interrupted, Bun.sleep(WATCH_MS)])) === "interrupted") return EXIT.done;
  }
}

async function list(context: Context, flags: Flags): Promise<Ended> {
  const path = homePath(context);
  const home = openHome(path);
  if (!home.ok) {
    if (home.error.code !== "HOME_MISSING") return home.error;
    context.out(flags.json ? "[]\n" : "");
    if (flags.json !== true)
      context.err(
        asLines([`No tasks: there is no queue at ${path} yet. To create one: stint submit -- echo hello`]),
      );
    return EXIT.done;
  }
  const listing = await listingOf(context, home.value, flags);
  if (!listing.ok) return listing.error;
  const { rows, overview } = listing.value;
  if (flags.json) context.out(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    if (rows.length === 0) context.err("No tasks to show.\n");
    else context.out(tableOf(context, listing.value, { isWide: flags.wide === true }));
    context.err(footerOf(overview, context.clock.now()));
  }
  return EXIT.done;
}
