import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import type { SupervisorFlags } from "./supervisor-flags.ts";

/**
 * Starts `stint serve` beside a supervisor, where its flags ask for that, and ends it with the supervisor. It is a process of its own:
 * no request delays a job. What it reports goes where the reports of the supervisor go.
 */
export function serveBeside(
  context: Context,
  { home }: Layout,
  of: { readonly flags: SupervisorFlags; readonly say: (line: string) => void },
): Disposable {
  const { serve, servePort } = of.flags;
  if (serve === undefined && servePort === undefined) return { [Symbol.dispose]: () => {} };
  const port = servePort === undefined ? [] : ["--port", String(servePort)];
  const child = Bun.spawn([context.self, "serve", "--home", home, ...port], {
    cwd: "/",
    env: { ...context.env },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    onExit: (_child, code) => {
      if (code !== 0 && code !== null)
        of.say(`the API is not served: stint serve ended with code ${code}; jobs do not depend on it`);
    },
  });
  return {
    [Symbol.dispose]: () => {
      child.kill("SIGTERM");
      child.unref();
    },
  };
}
