import { isAbsolute, join, resolve } from "node:path";
import type { Caller } from "./caller.ts";

/** The path of the home: `$STINT_HOME`, which `--home` sets, else below `$XDG_DATA_HOME`, else `~/.local/share/stint`. */
export function homePath({ env, cwd, userHome }: Pick<Caller, "env" | "cwd" | "userHome">): string {
  const named = env["STINT_HOME"] ?? "";
  if (named !== "") return resolve(cwd, named);
  return join(absolute(env["XDG_DATA_HOME"]) ?? join(userHome, ".local", "share"), "stint");
}

/** The path in a variable such as XDG_DATA_HOME; undefined for a relative one, which would be another folder in each working directory. */
export function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
