import { lstatSync, rmSync } from "node:fs";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { problemAnswer } from "./answer.ts";
import { respond } from "./respond.ts";
import type { ServerContext } from "./server-context.ts";

/** Seconds after which a connection on which nothing moves is closed; streams are exempt. */
const IDLE_TIMEOUT_S = 30;
/** The longest path of a Unix socket: sun_path has 108 bytes with a NUL (unix(7)). */
const MAX_SOCKET_BYTES = 107;

/** Where to listen: a port of this machine's loopback, 0 for any; or a Unix socket. */
export type ListenAt = { readonly port: number } | { readonly socket: string };

/** A server that answers. */
export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:7468`, or `unix:` and a path. */
  readonly address: string;
}

/** The rest of what all requests share. */
export type ContextBefore = Omit<ServerContext, "limitIdle">;

/** Listens. `underMask` runs work with the umask that a socket needs, from the process that has one. */
export async function listen(
  context: ContextBefore,
  at: ListenAt,
  underMask: <T>(mask: number, work: () => T) => T,
): Promise<Result<Listening, Problem>> {
  if ("port" in at) {
    const server = started(() => serve(context, { hostname: "127.0.0.1", port: at.port }));
    return server.ok ? ok(listening(server.value, `http://127.0.0.1:${server.value.port}`)) : err(taken(at));
  }
  const { socket } = at;
  if (Buffer.byteLength(socket) > MAX_SOCKET_BYTES)
    return rejected(
      "USAGE",
      `Cannot listen on "${socket}": its path has ${Buffer.byteLength(socket)} bytes, and the system takes ${MAX_SOCKET_BYTES}`,
      "choose a shorter one, such as $XDG_RUNTIME_DIR/stint.sock",
    );
  const found = await left(socket);
  if (found !== null) return err(found);
  // A socket has the mode that the umask leaves: for its owner alone from its first moment on.
  const server = underMask(0o177, () => started(() => serve(context, { unix: socket })));
  return server.ok ? ok(listening(server.value, `unix:${socket}`)) : err(taken(at));
}

type Place = { readonly hostname: string; readonly port: number } | { readonly unix: string };

function serve(context: ContextBefore, place: Place): Bun.Server<undefined> {
  const common = {
    // Else an exception is answered with a page that shows the code.
    development: false,
    // Bodies are measured as they come, so that a refusal is one of ours.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // No routes: each would have to make every check by itself.
    fetch: (request: Request): Promise<Response> =>
      respond({ ...context, limitIdle: (of, seconds) => server.timeout(of, seconds) }, request),
    error: (): Response =>
      problemAnswer(problem("INTERNAL", "Internal error: this is a bug in stint"), { acceptsGzip: false }),
  } as const;
  const server: Bun.Server<undefined> =
    "unix" in place
      ? Bun.serve({ ...common, unix: place.unix })
      : // Servers of one user would share a port, and so two homes answer for each other.
        Bun.serve({ ...common, ...place, idleTimeout: IDLE_TIMEOUT_S, reusePort: false });
  return server;
}

function started<T>(start: () => T): Result<T, null> {
  try {
    return ok(start());
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return err(null);
  }
}

function listening(server: Bun.Server<undefined>, address: string): Listening {
  return { address, [Symbol.asyncDispose]: () => server.stop(true) };
}

function taken(at: ListenAt): Problem {
  return "port" in at
    ? problem(
        "ADDRESS_TAKEN",
        `Cannot listen on 127.0.0.1:${at.port}: another program has the port, or the system keeps it`,
        "choose another port, or any free one: stint serve --port 0",
      )
    : problem(
        "ADDRESS_TAKEN",
        `Cannot listen on "${at.socket}": the system refuses it`,
        "choose another path",
      );
}

/** Removes the socket of a server that was killed; the problem where something else is there. */
async function left(path: string): Promise<Problem | null> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const refused = (what: string): Problem =>
    problem("ADDRESS_TAKEN", `Cannot listen on "${path}": ${what}`, "choose another path");
  if (!stat.isSocket()) return refused("there is a file that is no socket");
  if (await isAnswered(path)) return refused("another program listens there");
  rmSync(path, { force: true });
  return null;
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}
