import { join, resolve } from "node:path";
import type { Context } from "./context.ts";

/** The home that is meant: `$STINT_HOME`, which `--home` sets, else below `$XDG_DATA_HOME`, else `~/.local/share/stint`. */
export function homePath({ env, cwd, userHome }: Pick<Context, "env" | "cwd" | "userHome">): string {
  const named = nonEmpty(env["STINT_HOME"]);
  if (named !== undefined) return resolve(cwd, named);
  const data = nonEmpty(env["XDG_DATA_HOME"]) ?? join(userHome, ".local", "share");
  return join(data, "stint");
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
