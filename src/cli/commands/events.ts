import { changesOf, feedOf, type Happening } from "../../desk/event-stream.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { textValue, wholeNumber } from "../command-line/values.ts";
import { inHome } from "../in-home.ts";
import { Interruption } from "../interruption.ts";
import { happeningJson, happeningLine } from "../text/happening.ts";

const POLL_MS = 200;
/** Lines that are shown where none are asked for. */
const USUAL_LINES = 20;

const FLAGS = {
  topic: {
    value: { ...textValue("NAME", "the name of a topic"), completes: "topics" },
    help: "the feed of this topic (default: all changes of the home)",
  },
  after: { value: wholeNumber(), help: "lines after this number, 0 for all", excludes: ["tail"] },
  tail: {
    value: wholeNumber(),
    short: "n",
    aliases: ["lines"],
    help: `the last N lines (default: ${USUAL_LINES})`,
  },
  follow: { short: "f", help: "go on with what happens" },
  json: { help: "print JSON, one object per line" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  notes:
    "With -f it also shows what running jobs tell. The numbers count the lines of the audit log, or of the topic. See `stint help events`.",
  run: inHome(events),
});

async function events({ context, flags }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { topic, after = null, tail = USUAL_LINES, follow, json } = flags;
  const read = topic === undefined ? changesOf(context, layout, after) : feedOf(layout, topic, after);
  const show = (happenings: readonly Happening[]): void => {
    const lines = happenings.map((one) => (json === true ? happeningJson(one) : happeningLine(one)));
    if (lines.length > 0)
      context.out(json === true ? lines.map((line) => `${line}\n`).join("") : asLines(lines));
  };
  const first = read();
  if (first.length === 0 && follow !== true) context.err("No events.\n");
  show(after === null ? first.slice(Math.max(0, first.length - tail)) : first);
  if (follow !== true) return EXIT.done;
  const interruption = new Interruption(context);
  context.onSuspend();
  while (interruption.exit === null && context.outputEnd() === null) {
    await Bun.sleep(POLL_MS);
    show(read());
  }
  return interruption.exit ?? EXIT.done;
}
