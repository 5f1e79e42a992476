import type { Caller } from "../desk/caller.ts";
import type { Mirror } from "../desk/mirror/mirror.ts";
import type { Layout } from "../store/layout.ts";
import type { ServeTokens } from "../store/serve-tokens.ts";
import type { EventRoom } from "./event-room.ts";

/** What all requests to a server share. */
export interface ServerContext {
  readonly layout: Layout;
  readonly caller: Caller;
  /** The home in memory: lists are read of it, single records of the disk. */
  readonly mirror: Mirror;
  readonly tokens: ServeTokens;
  readonly events: EventRoom;
  readonly version: string;
  /** After how many seconds without a byte the connection of a request is closed; 0 for never. */
  readonly limitIdle: (request: Request, seconds: number) => void;
}
