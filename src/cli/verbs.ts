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

/** Verbs with their heading in the overview. */
function under(
  group: string,
  verbs: Readonly<Record<string, Omit<ListedVerb, "group">>>,
): Record<string, ListedVerb> {
  return Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, { ...verb, group }]));
}

/** Every verb, in the order of the overview. The code of a verb is loaded when it is called. */
export const VERBS: Readonly<Record<string, ListedVerb>> = {
  ...under("Queue and run", {
    submit: {
      summary: "queue tasks from YAML files or a command",
      aliases: ["add", "enqueue"],
      mirrors: /^(?:--wait|--follow|-[qH]*W)/,
      load: () => import("./commands/submit.ts"),
    },
    run: {
      summary: "submit, wait, and exit with the task's exit code",
      mirrors: true,
      load: () => import("./commands/run.ts"),
    },
    up: {
      summary: "start the supervisor (--detach: in the background)",
      load: () => import("./commands/up.ts"),
    },
    serve: {
      summary: "answer HTTP requests: a JSON API for programs and pages",
      load: () => import("./commands/serve.ts"),
    },
    down: { summary: "stop the supervisor; jobs keep running", load: () => import("./commands/down.ts") },
    drain: {
      summary: "run until nothing is left to do, for cron",
      load: () => import("./commands/drain.ts"),
    },
    jobs: { summary: "show or change how many jobs run at a time", load: () => import("./commands/jobs.ts") },
  }),
  ...under("Inspect", {
    ls: {
      summary: "list tasks: active ones, then the most recent",
      aliases: ["list", "ps", "queue", "status"],
      withFlags: { watch: ["--watch"] },
      load: () => import("./commands/ls.ts"),
    },
    show: {
      summary: "show everything about a task",
      aliases: ["describe", "inspect", "info"],
      load: () => import("./commands/show.ts"),
    },
    explain: {
      summary: "explain why a task waits or failed, and what to do",
      load: () => import("./commands/explain.ts"),
    },
    logs: {
      summary: "show the output of a task (-f follows)",
      aliases: ["log"],
      withFlags: { follow: ["--follow"] },
      load: () => import("./commands/logs.ts"),
    },
    events: {
      summary: "show what happened, and what jobs tell (-f follows)",
      load: () => import("./commands/events.ts"),
    },
    diff: {
      summary: "show what differs between two tasks: code, packages, values, results",
      aliases: ["compare"],
      load: () => import("./commands/diff.ts"),
    },
    artifacts: {
      summary: "list, open or copy the files that a job left",
      load: () => import("./commands/artifacts.ts"),
    },
    wait: { summary: "wait until tasks end", mirrors: true, load: () => import("./commands/wait.ts") },
    stats: { summary: "show counts, ages and failure classes", load: () => import("./commands/stats.ts") },
    results: {
      summary: "compare what runs gave: values, outputs, means over seeds",
      aliases: ["result"],
      load: () => import("./commands/results.ts"),
    },
    gpus: {
      summary: "show the GPUs, their use, and the tasks on them",
      aliases: ["gpu"],
      load: () => import("./commands/gpus.ts"),
    },
    services: {
      summary: "list services: their addresses, how long they are up and idle",
      load: () => import("./commands/services.ts"),
    },
    open: {
      summary: "print the address of a service, and open a browser",
      load: () => import("./commands/open.ts"),
    },
    sync: {
      summary: "send offline runs of W&B to its server",
      load: () => import("./commands/sync.ts"),
    },
  }),
  ...under("Inside a job", {
    emit: {
      summary: "tell progress, metrics, outputs or a checkpoint",
      load: () => import("./commands/emit.ts"),
    },
  }),
  ...under("Change", {
    cancel: {
      summary: "cancel queued tasks, and stop running ones",
      aliases: ["kill", "stop", "rm", "delete"],
      load: () => import("./commands/cancel.ts"),
    },
    retry: {
      summary: "requeue failed or cancelled tasks",
      aliases: ["restart", "requeue"],
      load: () => import("./commands/retry.ts"),
    },
    close: {
      summary: "close a group: no more tasks join it",
      load: () => import("./commands/close.ts"),
    },
    hold: { summary: "keep queued tasks from starting", load: () => import("./commands/hold.ts") },
    release: {
      summary: "let held tasks start",
      aliases: ["unhold"],
      load: () => import("./commands/release.ts"),
    },
    pause: { summary: "pause the queue, or suspend running jobs", load: () => import("./commands/pause.ts") },
    resume: { summary: "resume the queue, or paused jobs", load: () => import("./commands/resume.ts") },
    move: { summary: "change the order of queued tasks", load: () => import("./commands/move.ts") },
    set: { summary: "change keys of a task", load: () => import("./commands/set.ts") },
    edit: { summary: "change a task in your editor", load: () => import("./commands/edit.ts") },
    clean: { summary: "remove ended tasks with their logs", load: () => import("./commands/clean.ts") },
    "requeue-stale": {
      summary: "requeue tasks whose process is gone",
      load: () => import("./commands/requeue-stale.ts"),
    },
  }),
  ...under("Define", {
    define: {
      summary: "keep a task file as the next version of a definition",
      load: () => import("./commands/define.ts"),
    },
    definitions: {
      summary: "versions of task files: ls, show, diff, rm",
      aliases: ["definition", "defs"],
      load: () => import("./commands/definitions.ts"),
    },
  }),
  ...under("Schedule", {
    schedules: {
      summary: "run tasks at set times: add, ls, show, pause, resume, rm, run",
      aliases: ["schedule"],
      load: () => import("./commands/schedules.ts"),
    },
  }),
  ...under("Set up and check", {
    import: {
      summary: "bring over what cron, dagu, pueue and tsp have",
      load: () => import("./commands/import.ts"),
    },
    init: { summary: "write a starter task file", load: () => import("./commands/init.ts") },
    validate: {
      summary: "check task files without queueing them",
      load: () => import("./commands/validate.ts"),
    },
    pin: {
      summary: "write the checksums of data into task files",
      load: () => import("./commands/pin.ts"),
    },
    schema: {
      summary: "print the JSON Schema of task files and records",
      load: () => import("./commands/schema.ts"),
    },
    doctor: {
      summary: "check this machine and the queue, and suggest fixes",
      load: () => import("./commands/doctor.ts"),
    },
    service: {
      summary: "run the supervisor as a service (systemd, launchd)",
      load: () => import("./commands/service.ts"),
    },
    "slurm-shims": {
      summary: "write sbatch, srun, squeue and others that work on this home",
      load: () => import("./commands/slurm-shims.ts"),
    },
    completion: {
      summary: "print shell completion for bash, zsh or fish",
      load: () => import("./commands/completion.ts"),
    },
    audit: { summary: "verify the audit log", load: () => import("./commands/audit.ts") },
    help: {
      summary: "explain a verb, a topic, or an error or failure code",
      load: async () => ({ verb: (await import("./commands/help.ts")).helpVerb(VERBS, verbNamed) }),
    },
    collect: {
      summary: "collect the results of ended jobs for a supervisor",
      load: () => import("./commands/collect.ts"),
      hidden: true,
    },
    "read-files": {
      summary: "read task files for a supervisor",
      load: () => import("./commands/read-files.ts"),
      hidden: true,
    },
    "slurm-program": {
      summary: "do what a program of Slurm does",
      load: () => import("./commands/slurm-program.ts"),
      hidden: true,
    },
    prepare: {
      summary: "prepare an attempt before its program runs",
      load: () => import("./commands/prepare.ts"),
      hidden: true,
    },
  }),
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
