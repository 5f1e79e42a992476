import { resolve } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { timestamp } from "../../lib/clock.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT } from "../../model/errors.ts";
import type { Layout } from "../../store/layout.ts";
import { takeServePlace } from "../../store/serve-place.ts";
import { serveTokens } from "../../store/serve-tokens.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inMadeHome } from "../in-home.ts";
import { MAX_PORT, USUAL_PORT } from "../supervisor-flags.ts";

const SOCKET = {
  placeholder: "PATH",
  wanted: "a path",
  completes: "files",
  read: (text: string): string | null => (text === "" ? null : text),
} as const;

const FLAGS = {
  port: {
    value: wholeNumber(0, MAX_PORT),
    help: `port of 127.0.0.1, 0 for any free one (default: ${USUAL_PORT})`,
    excludes: ["socket"],
  },
  socket: { value: SOCKET, help: "listen on a Unix socket in place of a port" },
  readOnly: { help: "answer questions, and change nothing" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  notes:
    "It works with and without a supervisor, and ends with Ctrl-C; jobs do not depend on it. Each request needs a token of the home: serve-token allows all that you may do, serve-read-token only to read. See `stint help api`.",
  run: inMadeHome(serve),
});

async function serve({ context, flags }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const tokens = serveTokens(layout);
  if (!tokens.ok) return tokens.error;
  const taken = await takeServePlace(layout, context.clock);
  if (!taken.ok) return taken.error;
  await using place = taken.value;
  const [{ listen }, { EventRoom }, { Mirror }] = await Promise.all([
    import("../../http/server.ts"),
    import("../../http/event-room.ts"),
    import("../../desk/mirror/mirror.ts"),
  ]);
  const isReadOnly = flags.readOnly === true;
  const caller = callerOf(context);
  await using mirror = await Mirror.open(caller, layout);
  const listening = await listen(
    {
      layout,
      caller,
      mirror,
      tokens: { read: tokens.value.read, full: isReadOnly ? null : tokens.value.full },
      events: new EventRoom(layout, caller),
      version: packageJson.version,
    },
    flags.socket === undefined
      ? { port: flags.port ?? USUAL_PORT }
      : { socket: resolve(context.cwd, flags.socket) },
    context.underMask,
  );
  if (!listening.ok) return listening.error;
  await using server = listening.value;
  const { address } = server;
  const ended = Promise.withResolvers<void>();
  context.onSignal(() => ended.resolve());
  place.tell({ pid: context.pid, address, isReadOnly, since: timestamp(context.clock.now()) });
  context.out(asLines(linesOf(layout, { address, isReadOnly })));
  await ended.promise;
  return EXIT.done;
}

/** A server has no reader of messages, and captures neither a folder nor a terminal. */
function callerOf(context: Context): Context {
  return {
    ...context,
    cwd: context.userHome,
    isTerminal: false,
    err: (text) => context.log(text.trimEnd()),
    progress: () => ({ onProgress: () => {}, clear: () => {} }),
  };
}

function linesOf(
  { home, serveToken, serveReadToken }: Layout,
  { address, isReadOnly }: { readonly address: string; readonly isReadOnly: boolean },
): string[] {
  const token = isReadOnly ? serveReadToken : serveToken;
  const call = address.startsWith("unix:")
    ? `curl --unix-socket ${address.slice("unix:".length)} http://localhost`
    : `curl ${address}`;
  return [
    `serving ${home} at ${address}${isReadOnly ? ", read-only" : ""}`,
    `try: ${call}/api/v1/tasks -H "Authorization: Bearer $(cat ${token})"`,
  ];
}
