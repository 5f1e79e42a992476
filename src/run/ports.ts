import { errnoOf } from "../lib/errno.ts";

/** A port of 127.0.0.1 that nothing listens on and that is not in `taken`; it is free until something else takes it. */
export function freePort(taken: ReadonlySet<number>): number {
  // The system gives out other ports while those that it gave before are open.
  const opened: { readonly port: number; close(): void }[] = [];
  try {
    for (;;) {
      const one = listenOn(0);
      opened.push(one);
      if (!taken.has(one.port)) return one.port;
    }
  } finally {
    for (const one of opened) one.close();
  }
}

/** True where this user could listen on a port of 127.0.0.1 now. */
export function isPortFree(port: number): boolean {
  try {
    listenOn(port).close();
    return true;
  } catch (error) {
    // Without the right to listen on it, the program says so itself.
    return errnoOf(error) !== "EADDRINUSE";
  }
}

function listenOn(port: number): { readonly port: number; close(): void } {
  const listener = Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => {} } });
  return { port: listener.port, close: () => listener.stop(true) };
}
