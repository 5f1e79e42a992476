import { withoutComments } from "../lib/shell-text.ts";
import type { Context } from "./context.ts";
import firstProcess from "./sh/first-process.sh" with { type: "text" };

/** The verbs that start jobs, and stay. */
const STAYING = new Set(["up", "run", "drain"]);

const FIRST_PROCESS = withoutComments(firstProcess);

/** As the first process of a pid namespace, becomes a shell that runs stint as its child: the first process has to reap orphans. */
export function leaveFirstProcess({ pid, self, arguments: words, become, err }: Context, verb: string): void {
  const end = words.indexOf("--");
  const isLeaving = words.slice(0, end < 0 ? words.length : end).includes("--detach");
  if (pid !== 1 || !STAYING.has(verb) || isLeaving) return;
  become(["/bin/sh", "-c", FIRST_PROCESS, "stint", self, ...words]);
  err(
    "stint: this is the first process here, and cannot reap the processes that jobs leave behind: use an init\n",
  );
}
