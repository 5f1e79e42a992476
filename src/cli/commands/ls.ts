import { homePath } from "../../desk/home.ts";
import { asLines } from "../../lib/printable.ts";
import { ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import { STATES } from "../../model/state.ts";
import { openHome } from "../../store/home.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import { nearCommand } from "../command-line/near.ts";
import { wholeNumber, wordValue } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import type { ListedRow } from "../listing/choose.ts";
import { footerOf } from "../listing/footer.ts";
import { listingOf, type TaskListing, tableOf } from "../listing/list.ts";
import { lostLine } from "../listing/lost.ts";
import { SORT_KEYS, SORT_NAMES } from "../listing/sort.ts";
import { MAX_LIMIT, unlistedLines } from "../listing/unlisted.ts";
import { type Frame, watch } from "../listing/watch.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { jsonText } from "../text/json.ts";

const SORT_KEY = {
  ...wordValue(SORT_KEYS, "KEY"),
  wanted: `${SORT_NAMES.slice(0, -1).join(", ")} or ${SORT_NAMES.at(-1)}, or one of these with a dash before it`,
};

const FLAGS = {
  ...SELECTOR_FLAGS,
  all: { short: "a", help: "list every task: all ended ones, and each member of a sweep" },
  limit: { short: "n", value: wholeNumber(1, MAX_LIMIT), help: `list at most N tasks, up to ${MAX_LIMIT}` },
  cursor: { value: wholeNumber(1), help: "continue below this task number" },
  wide: { help: "add GPUs, priority and time of submission" },
  tree: { help: "indent below each task those that wait for it", excludes: ["json", "cursor"] },
  sort: { value: SORT_KEY, help: `sort by ${SORT_NAMES.join(", ")}; -KEY reverses` },
  watch: { short: "w", help: "refresh the whole terminal every second, until Ctrl-C" },
  quiet: { short: "q", excludes: ["watch", "json", "tree"], help: "print only the ids" },
  json: { help: "print the records as a JSON array" },
} as const;

type Listed = FlagValues<typeof FLAGS> & { readonly references: readonly string[] };

export const verb = declareVerb({
  operands: [{ ...TASKS, help: `${TASKS.help}, patterns (train*); without it, the queue` }],
  flags: FLAGS,
  insteadOf,
  run: ({ context, flags, operands: references }) => {
    const listed = { ...flags, references };
    return flags.watch === true ? follow(context, listed) : list(context, listed);
  },
});

/** `failed` is a flag. */
const STATE_WORDS = [...STATES.filter((state) => state !== "failed"), "pending"];

/** Flags of other tools. */
function insteadOf(typed: string, value: string | null): string | null {
  if (["-l", "--long"].includes(typed)) return "use --wide";
  if (["-s", "-t"].includes(typed)) return `use --state ${value ?? "STATE"}`;
  if (["-g", "-p", "-P", "--partition"].includes(typed))
    return `use --slot ${value ?? "NAME"}, the lane of a task`;
  if (/^-\d+$/.test(typed)) return `use -n ${typed.slice(1)}`;
  if (!typed.startsWith("--")) return null;
  const state = nearCommand(typed.slice(2), STATE_WORDS);
  return state === null ? null : `use --state ${state}`;
}

async function list(context: Context, flags: Listed): Promise<Ended> {
  const seen = await look(context, flags);
  if (!seen.ok) return seen.error;
  context.out(seen.value.table);
  context.err(seen.value.footer);
  return EXIT.done;
}

/** Without a line of progress, which would be written into the table. */
async function follow(context: Context, flags: Listed): Promise<Ended> {
  const quiet = { ...context, progress: () => ({ onProgress: () => {}, clear: () => {} }) };
  return watch(context, async () => look(quiet, flags));
}

/** The listing as it is now: as a table with what is to be said below it, or as JSON. */
async function look(context: Context, flags: Listed): Promise<Result<Frame, Problem>> {
  const path = homePath(context);
  const home = openHome(path);
  if (!home.ok) {
    if (home.error.code !== "HOME_MISSING") return home;
    if (flags.json === true) return ok({ table: "[]\n", footer: "" });
    if (flags.quiet === true) return ok({ table: "", footer: "" });
    const none = `No tasks: there is no queue at ${path} yet. To create one: stint submit -- echo hello`;
    return ok({ table: "", footer: asLines([none]) });
  }
  const listing = await listingOf(context, home.value, {
    ...flags,
    isWhole: flags.json === true || flags.quiet === true,
  });
  if (!listing.ok) return listing;
  const { rows, overview, queue, progress, unlisted } = listing.value;
  const missing = unlistedLines(unlisted);
  if (flags.json === true)
    return ok({ table: jsonText(rows.map((row) => withProgress(row, progress))), footer: missing });
  if (flags.quiet === true) return ok({ table: rows.map(idLine).join(""), footer: missing });
  const below = footerOf(overview, queue, context.clock.now()) + (await lostLine(home.value));
  const footer = `${missing}${below}`;
  return rows.length === 0
    ? ok({ table: "", footer: `No tasks to show.\n${footer}` })
    : ok({
        table: tableOf(context, listing.value, {
          isWide: flags.wide === true,
          isTree: flags.tree === true,
        }),
        footer,
      });
}

/** How far it is stands beside the fields of the record. */
function withProgress(row: ListedRow, progress: TaskListing["progress"]): unknown {
  const found = "metadata" in row ? progress.get(row.metadata.id) : undefined;
  return found === undefined ? row : { ...row, progress: found };
}

function idLine(row: ListedRow): string {
  return "metadata" in row ? `${row.metadata.id}\n` : "";
}
