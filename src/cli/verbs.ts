import { own } from "../lib/own.ts";
import type { Verb, VerbGroup } from "./command-line/declare.ts";

interface ListedVerb {
  readonly summary: string;
  /** Its heading in the overview. */
  readonly group: string;
  /** Imports the file that exports its declaration. */
  readonly load: () => Promise<{ readonly verb: Verb | VerbGroup }>;
  /** Other names, as other tools have them. */
  readonly aliases?: readonly string[];
  /** Names that stand for the verb with flags. */
  readonly withFlags?: Readonly<Record<string, readonly string[]>>;
  /** Hidden verbs are for machines. */
  readonly hidden?: true;
  /** Exits with the exit code of a task, and with a distinct one for its own errors; with a pattern, only where a flag matches it. */
  readonly mirrors?: true | RegExp;
}

const QUEUE = "Queue and run";
const LOOK = "Inspect";
const CHANGE = "Change";
const TIMES = "Schedule";
const SET_UP = "Set up and check";

/** Every verb, in the order of the overview. The code of a verb is loaded when it is called. */
export const VERBS: Readonly<Record<string, ListedVerb>> = {
  submit: {
    summary: "queue tasks from YAML files or a command",
    group: QUEUE,
    aliases: ["add", "enqueue"],
    mirrors: /^(?:--wait|--follow|-[qH]*W)/,
    load: () => import("./commands/submit.ts"),
  },
  run: {
    summary: "submit, wait, and exit with the task's exit code",
    group: QUEUE,
    mirrors: true,
    load: () => import("./commands/run.ts"),
  },
  up: {
    summary: "start the supervisor (--detach: in the background)",
    group: QUEUE,
    load: () => import("./commands/up.ts"),
  },
  down: {
    summary: "stop the supervisor; jobs keep running",
    group: QUEUE,
    load: () => import("./commands/down.ts"),
  },
  drain: {
    summary: "run until nothing is left to do, for cron",
    group: QUEUE,
    load: () => import("./commands/drain.ts"),
  },
  jobs: {
    summary: "show or change how many jobs run at a time",
    group: QUEUE,
    load: () => import("./commands/jobs.ts"),
  },
  ls: {
    summary: "list tasks: active ones, then the most recent",
    group: LOOK,
    aliases: ["list", "ps", "queue", "status"],
    withFlags: { watch: ["--watch"] },
    load: () => import("./commands/ls.ts"),
  },
  show: {
    summary: "show everything about a task",
    group: LOOK,
    aliases: ["describe", "inspect", "info"],
    load: () => import("./commands/show.ts"),
  },
  explain: {
    summary: "explain why a task waits or failed, and what to do",
    group: LOOK,
    load: () => import("./commands/explain.ts"),
  },
  logs: {
    summary: "show the output of a task (-f follows)",
    group: LOOK,
    aliases: ["log"],
    withFlags: { follow: ["--follow"] },
    load: () => import("./commands/logs.ts"),
  },
  wait: {
    summary: "wait until tasks end",
    group: LOOK,
    mirrors: true,
    load: () => import("./commands/wait.ts"),
  },
  stats: {
    summary: "show counts, ages and failure classes",
    group: LOOK,
    load: () => import("./commands/stats.ts"),
  },
  gpus: {
    summary: "show the GPUs, their use, and the tasks on them",
    group: LOOK,
    aliases: ["gpu"],
    load: () => import("./commands/gpus.ts"),
  },
  cancel: {
    summary: "cancel queued tasks, and stop running ones",
    group: CHANGE,
    aliases: ["kill", "stop", "rm", "delete"],
    load: () => import("./commands/cancel.ts"),
  },
  retry: {
    summary: "requeue failed or cancelled tasks",
    group: CHANGE,
    aliases: ["restart", "requeue"],
    load: () => import("./commands/retry.ts"),
  },
  hold: {
    summary: "keep queued tasks from starting",
    group: CHANGE,
    load: () => import("./commands/hold.ts"),
  },
  release: {
    summary: "let held tasks start",
    group: CHANGE,
    aliases: ["unhold"],
    load: () => import("./commands/release.ts"),
  },
  pause: {
    summary: "pause the queue, or suspend running jobs",
    group: CHANGE,
    load: () => import("./commands/pause.ts"),
  },
  resume: {
    summary: "resume the queue, or paused jobs",
    group: CHANGE,
    load: () => import("./commands/resume.ts"),
  },
  move: {
    summary: "change the order of queued tasks",
    group: CHANGE,
    load: () => import("./commands/move.ts"),
  },
  set: {
    summary: "change keys of a task",
    group: CHANGE,
    load: () => import("./commands/set.ts"),
  },
  edit: {
    summary: "change a task in your editor",
    group: CHANGE,
    load: () => import("./commands/edit.ts"),
  },
  clean: {
    summary: "remove ended tasks with their logs",
    group: CHANGE,
    load: () => import("./commands/clean.ts"),
  },
  "requeue-stale": {
    summary: "requeue tasks whose process is gone",
    group: CHANGE,
    load: () => import("./commands/requeue-stale.ts"),
  },
  schedules: {
    summary: "run tasks at set times: add, ls, show, pause, resume, rm, run",
    group: TIMES,
    aliases: ["schedule"],
    load: () => import("./commands/schedules.ts"),
  },
  import: {
    summary: "bring over what other tools have: crontab",
    group: SET_UP,
    load: () => import("./commands/import.ts"),
  },
  init: { summary: "write a starter task file", group: SET_UP, load: () => import("./commands/init.ts") },
  validate: {
    summary: "check task files without queueing them",
    group: SET_UP,
    load: () => import("./commands/validate.ts"),
  },
  schema: {
    summary: "print the JSON Schema of task files and records",
    group: SET_UP,
    load: () => import("./commands/schema.ts"),
  },
  doctor: {
    summary: "check this machine and the queue, and suggest fixes",
    group: SET_UP,
    load: () => import("./commands/doctor.ts"),
  },
  service: {
    summary: "run the supervisor as a service (systemd, launchd)",
    group: SET_UP,
    load: () => import("./commands/service.ts"),
  },
  completion: {
    summary: "print shell completion for bash, zsh or fish",
    group: SET_UP,
    load: () => import("./commands/completion.ts"),
  },
  audit: {
    summary: "verify the audit log",
    group: SET_UP,
    load: () => import("./commands/audit.ts"),
  },
  help: {
    summary: "explain a verb, a topic, or an error or failure code",
    group: SET_UP,
    load: () => import("./commands/help.ts"),
  },
  "read-files": {
    summary: "read task files for a supervisor",
    group: SET_UP,
    load: () => import("./commands/read-files.ts"),
    hidden: true,
  },
};

/** A verb as a word names it. */
interface NamedVerb {
  readonly name: string;
  readonly listed: ListedVerb;
  /** The flags that the word stands for. */
  readonly flags: readonly string[];
}

/** The verb with a name or an alias; null where there is none. */
export function verbNamed(typed: string): NamedVerb | null {
  const listed = own(VERBS, typed);
  if (listed !== undefined) return { name: typed, listed, flags: [] };
  for (const [name, verb] of Object.entries(VERBS)) {
    const flags = verb.aliases?.includes(typed) === true ? [] : own(verb.withFlags ?? {}, typed);
    if (flags !== undefined) return { name, listed: verb, flags };
  }
  return null;
}
