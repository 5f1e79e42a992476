import { join, resolve } from "node:path";
import type { Context } from "./context.ts";

/** The home that is meant: `--home`, else `$STINT_HOME`, else below `$XDG_DATA_HOME`, else `~/.local/share/stint`. */
export function homePath(context: Context, flag: string | undefined): string {
  const { env, cwd, userHome } = context;
  const named = flag ?? nonEmpty(env["STINT_HOME"]);
  if (named !== undefined) return resolve(cwd, named);
  const data = nonEmpty(env["XDG_DATA_HOME"]) ?? join(userHome, ".local", "share");
  return join(data, "stint");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
