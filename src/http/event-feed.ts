import type { Happening } from "../desk/event-stream.ts";
import type { EventRoom, RoomEvent } from "./event-room.ts";

/** Where nothing happens, this shows both sides that the other is there. */
const HEARTBEAT_MS = 15_000;
/** A reader that took nothing for so long is gone, or stopped. */
const MAX_STALL_MS = 120_000;
/** Events that are sent at once; a slow reader is never behind by more than this in memory. */
const EVENTS_A_PIECE = 100;

/** How an event stream ends: its listener is gone, or does not read. */
interface Listening {
  /** The number of the last event that the listener knows; null for what happens from now on. */
  readonly after: number | null;
  readonly stallMs?: number;
  /** Called where the listener does not read. */
  readonly onStall?: () => void;
}

/** The events of a room as server-sent events, made only as fast as they are read. */
export function eventFeed(
  room: EventRoom,
  { after, stallMs = MAX_STALL_MS, onStall }: Listening,
): ReadableStream<Uint8Array> {
  const leave = room.enter();
  const place = room.placeAfter(after);
  let next = place.index;
  let last = after;
  let isOver = false;
  let stalled: Timer | undefined;
  const end = (): void => {
    isOver = true;
    clearTimeout(stalled);
    leave();
  };
  const greeting = `retry: 2000\n\n${place.gap === null ? "" : gapText(place.gap)}`;
  let waiting = greeting;
  const pieceOf = (events: readonly RoomEvent[]): string => {
    const first = events[0]?.index ?? next;
    const before = last;
    const lines = events.map(({ happening }) => {
      if (happening.type === "changed") last = happening.line.seq;
      return eventText(happening);
    });
    // What fell out of the room has numbers up to that of the first event that is left.
    const seq = events.map(({ happening }) => (happening.type === "changed" ? happening.line.seq : null));
    const known = seq.find((one) => one !== null);
    const lost =
      first > next && known !== undefined ? gapText({ from: (before ?? 0) + 1, to: known - 1 }) : "";
    next = (events.at(-1)?.index ?? next - 1) + 1;
    return `${lost}${lines.join("")}`;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        clearTimeout(stalled);
        while (!isOver) {
          const events = room.from(next, EVENTS_A_PIECE);
          const text = `${waiting}${events.length > 0 ? pieceOf(events) : ""}`;
          waiting = "";
          if (text !== "") {
            controller.enqueue(Buffer.from(text));
            stalled = setTimeout(() => {
              controller.error(new Error("the reader is gone"));
              onStall?.();
              end();
            }, stallMs);
            return;
          }
          await room.changed(next, HEARTBEAT_MS);
          if (room.from(next, 1).length === 0) waiting = ": still here\n\n";
        }
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  );
}

function gapText(gap: { readonly from: number; readonly to: number }): string {
  return `event: gap\ndata: ${JSON.stringify(gap)}\n\n`;
}

/** An event; only changes on record have a number that a listener can come back with. */
function eventText(happening: Happening): string {
  switch (happening.type) {
    case "changed": {
      const { hash: _hash, prevHash: _before, ...line } = happening.line;
      return `id: ${line.seq}\nevent: changed\ndata: ${JSON.stringify(line)}\n\n`;
    }
    case "missing":
      return gapText({ from: happening.from, to: happening.to });
    case "told":
    case "fed":
      return `event: told\ndata: ${JSON.stringify(happening.line)}\n\n`;
  }
}
