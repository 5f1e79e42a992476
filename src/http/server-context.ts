import type { Caller } from "../desk/caller.ts";
import type { Layout } from "../store/layout.ts";
import type { ServeTokens } from "../store/serve-tokens.ts";
import type { EventRoom } from "./event-room.ts";

/** What all requests to a server share. */
export interface ServerContext {
  readonly layout: Layout;
  readonly caller: Caller;
  readonly tokens: ServeTokens;
  readonly events: EventRoom;
  readonly version: string;
  /** Lets a request take as long as it does, also where nothing is sent. */
  readonly withoutTimeout: (request: Request) => void;
}
