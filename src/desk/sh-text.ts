import { basename } from "node:path";
import type { Draft } from "../model/submission.ts";

/** A text that sh runs for a task. */
export interface ShText {
  readonly text: string;
  /** As messages call it, before the name of the task. */
  readonly called: string;
  /** How to have bash run it. */
  readonly instead: string;
}

/** The texts that sh runs for a task: its script, the line of its `sh -c`, and the lines of its notices. */
export function shTextsOf({ spec: { kind, on = {} } }: Pick<Draft, "spec">): ShText[] {
  const { mode } = kind;
  const own = mode.type === "script" && mode.runtime === "sh" ? mode.body : null;
  const line = mode.type === "command" ? lineIn([mode.command, ...mode.args]) : null;
  const notices = Object.values(on)
    .flat()
    .flatMap((receiver) => (receiver?.type === "command" ? (lineIn(receiver.argv) ?? []) : []));
  return [
    ...(own === null ? [] : [{ text: own, called: "the script of", instead: "runtime: bash" }]),
    ...(line === null ? [] : [{ text: line, called: "the line of", instead: "bash -c" }]),
    ...notices.map((text) => ({ text, called: "a notice of", instead: "command: [bash, -c, LINE]" })),
  ];
}

/** The line of `sh -c LINE`, or null. */
function lineIn([program = "", flags = "", line]: readonly string[]): string | null {
  const isShell = /^(?:sh|dash)$/.test(basename(program)) && /^-[a-z]*c$/.test(flags);
  return isShell && line !== undefined ? line : null;
}
