import { ok } from "../../lib/result.ts";
import { changeEvent } from "../../model/api/answers.ts";
import { rejected } from "../../model/errors.ts";
import { streamAnswer } from "../answer.ts";
import { reading } from "../endpoint.ts";
import { eventFeed } from "../event-feed.ts";
import { numberParameter } from "../parameters.ts";

/** More listeners than pages that people have open; each holds a connection. */
const MAX_STREAMS = 200;

const STALLED_IDLE_S = 5;

const AFTER = numberParameter(
  0,
  Number.MAX_SAFE_INTEGER,
  "only events after this number; default: what happens from now on",
);

export const events = reading({
  method: "GET",
  path: "/events",
  access: "read",
  name: "followEvents",
  summary:
    "Streams what happens as server-sent events: `changed` has a number and is a change on record, `told` is what a job tells, `gap` says which numbers are missing. Last-Event-ID goes on after an event.",
  query: { after: AFTER },
  answer: { status: 200, type: "text/event-stream", schema: changeEvent, about: "the events" },
  run: ({ context, request, query }) => {
    const header = request.headers.get("last-event-id");
    const known = header === null || header === "" ? null : AFTER.read(header);
    if (header !== null && header !== "" && known === null)
      return rejected("USAGE", `Cannot read Last-Event-ID, wanted ${AFTER.wanted}`);
    if (context.events.listeners >= MAX_STREAMS)
      return rejected(
        "TOO_MANY_STREAMS",
        `Cannot open a stream: ${MAX_STREAMS} are open, which is the most`,
        "close others; one stream tells all that happens",
      );
    context.limitIdle(request, 0);
    // What the system holds for a reader that takes nothing goes with its connection.
    const onStall = (): void => context.limitIdle(request, STALLED_IDLE_S);
    const after = known ?? query.after ?? null;
    return ok(streamAnswer(eventFeed(context.events, { after, onStall }), "text/event-stream"));
  },
});
