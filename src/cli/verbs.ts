import { own } from "../lib/own.ts";
import type { Verb, VerbGroup } from "./command-line/declare.ts";

interface ListedVerb {
  readonly summary: string;
  /** The heading that it stands under in the overview. */
  readonly group: string;
  /** Its file exports its declaration. */
  readonly load: () => Promise<{ readonly verb: Verb | VerbGroup }>;
  /** Other names. */
  readonly aliases?: readonly string[];
  /** Hidden verbs are for machines. */
  readonly hidden?: true;
  /** Its exit code is the task's, so that its own errors must not look like it; with a list, where one of these flags is given. */
  readonly mirrors?: true | readonly string[];
}

const QUEUE = "Queue and run";
const LOOK = "Look";
const CHANGE = "Change";
const TIMES = "At certain times";
const SET_UP = "Set up and check";

/** Every verb, in the order that a newcomer meets them. A verb's code is loaded when it is called. */
export const VERBS: Readonly<Record<string, ListedVerb>> = {
  submit: {
    summary: "queue tasks from YAML files or a command",
    group: QUEUE,
    mirrors: ["--wait", "--follow"],
    load: () => import("./commands/submit.ts"),
  },
  run: {
    summary: "submit, watch, and end with the task's exit code",
    group: QUEUE,
    mirrors: true,
    load: () => import("./commands/run.ts"),
  },
  up: {
    summary: "supervise the queue (--detach to leave it running)",
    group: QUEUE,
    load: () => import("./commands/up.ts"),
  },
  down: {
    summary: "end the supervisor; its jobs go on",
    group: QUEUE,
    load: () => import("./commands/down.ts"),
  },
  drain: {
    summary: "work until nothing is left to do: for cron",
    group: QUEUE,
    load: () => import("./commands/drain.ts"),
  },
  ls: {
    summary: "list tasks: the active ones, then the most recent",
    group: LOOK,
    load: () => import("./commands/ls.ts"),
  },
  show: { summary: "everything about a task", group: LOOK, load: () => import("./commands/show.ts") },
  explain: {
    summary: "why a task waits, or why it failed and what to do",
    group: LOOK,
    load: () => import("./commands/explain.ts"),
  },
  logs: {
    summary: "the output of a task (-f follows)",
    group: LOOK,
    aliases: ["log"],
    load: () => import("./commands/logs.ts"),
  },
  wait: {
    summary: "wait until tasks end",
    group: LOOK,
    mirrors: true,
    load: () => import("./commands/wait.ts"),
  },
  stats: {
    summary: "counts, ages and failure classes",
    group: LOOK,
    load: () => import("./commands/stats.ts"),
  },
  gpus: {
    summary: "the GPUs, their live use, and who is on them",
    group: LOOK,
    aliases: ["gpu"],
    load: () => import("./commands/gpus.ts"),
  },
  cancel: {
    summary: "take tasks out of the queue or stop them",
    group: CHANGE,
    load: () => import("./commands/cancel.ts"),
  },
  retry: {
    summary: "queue failed or cancelled tasks again",
    group: CHANGE,
    load: () => import("./commands/retry.ts"),
  },
  hold: {
    summary: "keep queued tasks from starting",
    group: CHANGE,
    load: () => import("./commands/hold.ts"),
  },
  release: { summary: "let held tasks start", group: CHANGE, load: () => import("./commands/release.ts") },
  pause: {
    summary: "stop running jobs for a while",
    group: CHANGE,
    load: () => import("./commands/pause.ts"),
  },
  resume: { summary: "let paused jobs go on", group: CHANGE, load: () => import("./commands/resume.ts") },
  set: {
    summary: "change a task: set ID key=value",
    group: CHANGE,
    load: () => import("./commands/set.ts"),
  },
  clean: {
    summary: "remove ended tasks with their logs",
    group: CHANGE,
    load: () => import("./commands/clean.ts"),
  },
  "requeue-stale": {
    summary: "queue again what lost its process",
    group: CHANGE,
    load: () => import("./commands/requeue-stale.ts"),
  },
  schedules: {
    summary: "what runs at certain times: add, ls, show, pause, resume, rm, run",
    group: TIMES,
    aliases: ["schedule"],
    load: () => import("./commands/schedules.ts"),
  },
  init: { summary: "write a starter task file", group: SET_UP, load: () => import("./commands/init.ts") },
  validate: {
    summary: "check task files without queueing them",
    group: SET_UP,
    load: () => import("./commands/validate.ts"),
  },
  schema: {
    summary: "the JSON Schema of task files and records",
    group: SET_UP,
    load: () => import("./commands/schema.ts"),
  },
  doctor: {
    summary: "what is wrong with this machine or home, and what to do",
    group: SET_UP,
    load: () => import("./commands/doctor.ts"),
  },
  service: {
    summary: "the supervisor as a service of your user (systemd, launchd)",
    group: SET_UP,
    load: () => import("./commands/service.ts"),
  },
  completion: {
    summary: "shell completion for bash, zsh or fish",
    group: SET_UP,
    load: () => import("./commands/completion.ts"),
  },
  audit: {
    summary: "check the log of everything that happened",
    group: SET_UP,
    load: () => import("./commands/audit.ts"),
  },
  "read-files": {
    summary: "read task files for a supervisor",
    group: SET_UP,
    load: () => import("./commands/read-files.ts"),
    hidden: true,
  },
};

/** The verb of a name or of another name of it; null where there is none. */
export function verbNamed(typed: string): { readonly name: string; readonly listed: ListedVerb } | null {
  const listed = own(VERBS, typed);
  if (listed !== undefined) return { name: typed, listed };
  const found = Object.entries(VERBS).find(([, { aliases }]) => aliases?.includes(typed));
  return found === undefined ? null : { name: found[0], listed: found[1] };
}
