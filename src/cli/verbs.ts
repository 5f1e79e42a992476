import type { Command } from "commander";
import type { Problem } from "../model/errors.ts";
import type { Context } from "./context.ts";

/** How a verb ended: its exit code, or a problem to be told. */
export type Ended = number | Problem;

/** What a verb's file exports: it declares its arguments and says what to do with them. */
interface VerbModule {
  declare(command: Command, invocation: Invocation): void;
}

/** One call of the program. */
export interface Invocation {
  readonly context: Context;
  /** What stands after `--`, or null where there is no `--`. */
  readonly words: readonly string[] | null;
  /** Called once, by the verb that ran. */
  readonly end: (ended: Ended) => void;
}

interface Verb {
  readonly summary: string;
  readonly load: () => Promise<VerbModule>;
  /** Hidden verbs are for machines. */
  readonly hidden?: true;
}

/** Every verb, in the order that a newcomer meets them. A verb's code is loaded when it is called. */
export const VERBS: Readonly<Record<string, Verb>> = {
  submit: { summary: "queue tasks from YAML files or a command", load: () => import("./commands/submit.ts") },
  run: {
    summary: "submit, watch, and end with the task's exit code",
    load: () => import("./commands/run.ts"),
  },
  up: {
    summary: "supervise the queue (--detach to leave it running)",
    load: () => import("./commands/up.ts"),
  },
  down: { summary: "end the supervisor; its jobs go on", load: () => import("./commands/down.ts") },
  drain: { summary: "work until nothing is left to do: for cron", load: () => import("./commands/drain.ts") },
  ls: {
    summary: "list tasks: the active ones, then the most recent",
    load: () => import("./commands/ls.ts"),
  },
  show: { summary: "everything about a task", load: () => import("./commands/show.ts") },
  explain: {
    summary: "why a task waits, or why it failed and what to do",
    load: () => import("./commands/explain.ts"),
  },
  logs: { summary: "the output of a task (-f follows)", load: () => import("./commands/logs.ts") },
  wait: { summary: "wait until tasks end", load: () => import("./commands/wait.ts") },
  cancel: { summary: "take tasks out of the queue or stop them", load: () => import("./commands/cancel.ts") },
  retry: { summary: "queue failed or cancelled tasks again", load: () => import("./commands/retry.ts") },
  hold: { summary: "keep queued tasks from starting", load: () => import("./commands/hold.ts") },
  release: { summary: "let held tasks start", load: () => import("./commands/release.ts") },
  pause: { summary: "stop running jobs for a while", load: () => import("./commands/pause.ts") },
  resume: { summary: "let paused jobs go on", load: () => import("./commands/resume.ts") },
  set: { summary: "change a task: set ID key=value", load: () => import("./commands/set.ts") },
  schedules: {
    summary: "what runs at certain times: add, ls, show, pause, resume, rm, run",
    load: () => import("./commands/schedules.ts"),
  },
  stats: { summary: "counts, ages and failure classes", load: () => import("./commands/stats.ts") },
  gpus: {
    summary: "the GPUs, their live use, and who is on them",
    load: () => import("./commands/gpus.ts"),
  },
  clean: { summary: "remove ended tasks with their logs", load: () => import("./commands/clean.ts") },
  "requeue-stale": {
    summary: "queue again what lost its process",
    load: () => import("./commands/requeue-stale.ts"),
  },
  validate: {
    summary: "check task files without queueing them",
    load: () => import("./commands/validate.ts"),
  },
  schema: {
    summary: "the JSON Schema of task files and records",
    load: () => import("./commands/schema.ts"),
  },
  init: { summary: "write a starter task file", load: () => import("./commands/init.ts") },
  completion: {
    summary: "shell completion for bash, zsh or fish",
    load: () => import("./commands/completion.ts"),
  },
  doctor: {
    summary: "what is wrong with this machine or home, and how to mend it",
    load: () => import("./commands/doctor.ts"),
  },
  service: {
    summary: "the supervisor as a service of your user (systemd, launchd)",
    load: () => import("./commands/service.ts"),
  },
  "read-files": {
    summary: "read task files for a supervisor",
    load: () => import("./commands/read-files.ts"),
    hidden: true,
  },
  audit: { summary: "check the log of everything that happened", load: () => import("./commands/audit.ts") },
};
