import { basename } from "node:path";
import type { Kind } from "../model/kind.ts";

/** A text that sh runs, and how to have it run by bash. */
interface ShText {
  readonly text: string;
  readonly instead: string;
}

/** The text that sh runs for a job; null where it runs none. */
export function shTextOf({ mode }: Kind): ShText | null {
  if (mode.type === "script" && mode.runtime === "sh") return { text: mode.body, instead: "runtime: bash" };
  if (mode.type !== "command" || !/^(?:sh|dash)$/.test(basename(mode.command))) return null;
  const [flags = "", text] = mode.args;
  return /^-[a-z]*c$/.test(flags) && text !== undefined ? { text, instead: "bash -c" } : null;
}
