import { withoutComments } from "../lib/shell-text.ts";
import type { Context } from "./context.ts";
import firstProcess from "./sh/first-process.sh" with { type: "text" };

/** The verbs that start jobs themselves, and stay. */
const STAYING = new Set(["up", "run", "drain"]);

const FIRST_PROCESS = withoutComments(firstProcess);

/** Hands over to a child of a shell where this is the first process, which has duties that a runtime does not fulfil. */
export function leaveFirstProcess({ pid, self, arguments: words, become, err }: Context, verb: string): void {
  const end = words.indexOf("--");
  const isLeaving = words.slice(0, end < 0 ? words.length : end).includes("--detach");
  if (pid !== 1 || !STAYING.has(verb) || isLeaving) return;
  become(["/bin/sh", "-c", FIRST_PROCESS, "stint", self, ...words]);
  err("stint: It is the first process here, and cannot see off what jobs leave behind: use an init.\n");
}
