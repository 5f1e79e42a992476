import { readdirSync, readFileSync } from "node:fs";
import { detectLimitBackend, jobGroupBase, thisMachine } from "../../src/machine/limit-backend.ts";

/** How each job ends, by its name; `flaky` fails once and then succeeds. */
const ENDS = { good: "exit 0", bad: "exit 3", flaky: 'test "$STINT_ATTEMPT" -ge 2' } as const;
export type End = keyof typeof ENDS;

/** What jobs do to themselves and to their own run folders before they end, as a line of shell; `MARK` stands for the workers' mark. */
const MANNERS = {
  plain: ":",
  "ends its helpers with itself": "sleep 60 & trap '' TERM; kill 0",
  "leaves a worker of its own session": "setsid sleep MARK &",
  "leaves a worker that hides": "env -i setsid sleep MARK & sleep 0.02",
  "removes its run folder": `rm -rf "$STINT_RUN_DIR"`,
  "forges its result": `echo '{"status":99,"sawTerm":false}' >"$STINT_RUN_DIR/exit.json"`,
  "puts a folder in the place of its result": `mkdir -p "$STINT_RUN_DIR/exit.json/full"`,
  "puts a FIFO there": `mkfifo "$STINT_RUN_DIR/exit.json"`,
  "puts a link there": `ln -s /dev/full "$STINT_RUN_DIR/exit.json"`,
} as const;

/** One of the manners, by a number from 0 up to 1; half of the jobs have none. */
export function mannerOf(draw: number): string {
  const all = Object.values(MANNERS);
  return all[Math.max(0, Math.floor((draw * 2 - 1) * all.length))] ?? MANNERS.plain;
}

/** The document of a job that notices another run of itself at the same time; `mark` is the argument of the workers it leaves. */
export function soakJob(order: { end: End; ms: number; manner: string; mark: string }): string {
  const { end, ms, manner, mark } = order;
  const body = [
    // A shell that a TERM kills runs no exit trap, and its mark would stay for the next attempt to find.
    "trap 'exit 143' TERM",
    `trap 'rmdir "$HOME/busy/$STINT_TASK_ID"' EXIT`,
    'mkdir "$HOME/busy/$STINT_TASK_ID" || echo "$STINT_TASK_ID $STINT_ATTEMPT" >> "$HOME/doubled"',
    `sleep ${(ms / 1_000).toFixed(3)}`,
    manner.replaceAll("MARK", mark),
    ENDS[end],
  ];
  const text = body.map((line) => `  ${line}\n`).join("");
  return `name: ${end}\nscript: |\n${text}stopGrace: 2s\n${end === "flaky" ? "retries: 2\nbackoff: {first: 20ms, max: 50ms}\n" : ""}`;
}

/** The pids of workers that jobs left behind; empty where the machine gives jobs no control group: there some can hide. */
export function leftWorkers(mark: string): string[] {
  if (jobGroupBase(detectLimitBackend(thisMachine({}))) === null) return [];
  return readdirSync("/proc").filter((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8") === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  });
}
