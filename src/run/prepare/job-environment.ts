import { readFileSync } from "node:fs";
import { unlessRefused } from "../../lib/errno.ts";
import { statFields } from "../../lib/host.ts";
import { PLAIN_PATH } from "../environment.ts";

/** The environment of the job that is prepared. On macOS there is only a plain one. On Linux that of the shell which started this process and becomes the job. Its values are in no file of stint. */
export function environmentOfJob(): Record<string, string> {
  const text = unlessRefused(() => {
    const [, parent] = statFields(readFileSync("/proc/self/stat", "utf8"));
    return readFileSync(`/proc/${parent}/environ`, "utf8");
  }, null);
  if (text === null) return { PATH: PLAIN_PATH };
  return Object.fromEntries(
    text.split("\0").flatMap((pair) => {
      const at = pair.indexOf("=");
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );
}
