import { targetOf } from "../../desk/targets.ts";
import { ok } from "../../lib/result.ts";
import { signalName, signalNumber } from "../../model/evidence.ts";
import { isActive, UNFINISHED_STATES } from "../../model/state.ts";
import { actVerb } from "../act-on.ts";
import type { ValueType } from "../command-line/declare.ts";
import { isUnended } from "../targets.ts";

/** Which `pause` and `resume` send, so that the record agrees with the job. */
const OF_PAUSE = ["SIGSTOP", "SIGCONT"];

const SIGNAL: ValueType<string> = {
  placeholder: "SIGNAL",
  wanted: "a signal such as USR1, TERM or 10 (to stop and continue jobs: stint pause and stint resume)",
  choices: ["USR1", "USR2", "HUP", "INT", "TERM", "KILL", "QUIT", "WINCH"],
  read: (typed) => {
    const number = /^\d+$/.test(typed)
      ? Number(typed)
      : signalNumber(`SIG${typed.toUpperCase().replace(/^SIG/, "")}`);
    const name = number === null ? null : signalName(number);
    return name === null || OF_PAUSE.includes(name) ? null : name;
  },
};

const FLAGS = {
  force: { short: "f", help: "kill at once, without the grace period" },
  pendingOnly: { help: "cancel only tasks that have not started" },
  complete: {
    excludes: ["force", "pendingOnly"],
    help: "end services that serve as completed: what runs after them starts",
  },
  signal: {
    value: SIGNAL,
    excludes: ["force", "pendingOnly", "complete"],
    help: "send this signal to the job, such as USR1, and do not cancel it",
  },
  ifExists: { help: "succeed if a task is gone or has ended" },
} as const;

export const verb = actVerb(FLAGS, {
  states: UNFINISHED_STATES,
  skipsEnded: true,
  notes:
    "A second cancel kills at once. --signal reaches every process of the job: one that does not handle it may end by it, a shell too, unless it has a trap (trap : USR1).",
  insteadOf: (typed, value) => {
    const name = ["-s", "--sig"].includes(typed) ? value : typed.slice(1);
    const signal = name === null ? null : SIGNAL.read(name);
    return signal === null ? null : `use --signal ${signal.replace("SIG", "")}`;
  },
  eligible: (task, { signal, complete }) =>
    complete === true
      ? task.status.state === "serving"
      : signal === undefined
        ? isUnended(task)
        : isActive(task.status.state),
  // The signal is for the attempt of which the caller knows.
  targetsOf: async (_context, tasks, { signal }) =>
    ok(
      tasks.map((task) => ({
        ...targetOf(task),
        ...(signal !== undefined && { attempt: task.status.attempt }),
      })),
    ),
  operation: (targets, { force = false, pendingOnly = false, complete = false, signal }) => {
    if (complete) return { verb: "complete", targets };
    return signal === undefined
      ? { verb: "cancel", targets, force, pendingOnly }
      : { verb: "signal", targets, signal };
  },
});
