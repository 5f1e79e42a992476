import type { Context } from "./context.ts";

/** The verbs that start jobs themselves, and stay. */
const STAYING = new Set(["up", "run", "drain"]);

/**
 * What the first process of a pid namespace becomes, as of a container without an init: a shell. Whoever loses its parent there
 * becomes a child of the first process, which has to see it off when it ends, and a shell that waits does so for every child.
 * It passes on what asks it to leave, and ends as the verb does. An interrupt is passed on as a TERM: what a shell starts in the
 * background ignores interrupts.
 */
const FIRST_PROCESS = [
  "exec 3<&0",
  `"$@" <&3 3<&- &`,
  "child=$!",
  `trap 'kill -TERM "$child"' TERM INT QUIT`,
  `trap 'kill -HUP "$child"' HUP`,
  // A signal ends the wait, not the child.
  `while wait "$child"; code=$?; kill -0 "$child" 2>/dev/null; do :; done`,
  `exit "$code"`,
].join("\n");

/** Hands over to a child of a shell where this is the first process, which has duties that a runtime does not fulfil. */
export function leaveFirstProcess({ pid, self, arguments: words, become, err }: Context, verb: string): void {
  if (pid !== 1 || !STAYING.has(verb) || words.includes("--detach")) return;
  become(["/bin/sh", "-c", FIRST_PROCESS, "stint", self, ...words]);
  err("stint: It is the first process here, and cannot see off what jobs leave behind: use an init.\n");
}
