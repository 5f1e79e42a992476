const CANCEL = "to cancel tasks: stint cancel TASK";
const CLEAN = "to see what a clean-up would remove: stint clean --dry-run";
const DOWN = "to stop the supervisor: stint down";
const HOLD = "to keep a task from starting: stint hold TASK";
const LIST = "to list tasks: stint ls";
const LOGS = "the output of a task: stint logs TASK; as it grows: stint logs -f TASK";
const MACHINE = "what this machine has: stint gpus, stint doctor";
const PLACES =
  "a lane stands for a queue or a group: stint submit --slot NAME; to list one: stint ls --slot NAME";
const RUN = "to queue a command and wait for it: stint run -- COMMAND";
const SCHEDULES =
  "to run something at certain times: stint schedules add --name NAME --cron EXPRESSION -- COMMAND";
const SERVICE = "to start the supervisor with the machine: stint service install";
const SET = "to change a task: stint set TASK KEY=VALUE";
const SHOW = "everything about a task: stint show TASK";
const SUBMIT = "to queue a command: stint submit -- COMMAND; a task file or a script: stint submit FILE";
const UP = "to start the supervisor: stint up --detach";

/** Words that other tools have for what stint does under another name, and what to type instead. */
const TABLE: readonly (readonly [words: string, hint: string])[] = [
  // pueue, task-spooler, nq
  ["start", `${UP}; to let held tasks start: stint release TASK; after a pause: stint resume`],
  ["daemon pueued gflowd server worker workers", UP],
  ["shutdown quit exit", DOWN],
  ["remove", `${CANCEL}; to remove ended ones: stint clean TASK`],
  ["system clear prune purge reset gc cleanup flush", CLEAN],
  ["parallel", "how many jobs run at a time: stint jobs N"],
  ["group groups", PLACES],
  ["env", "the variables of a task: stint set TASK env.NAME=VALUE"],
  ["stash", `${HOLD}; or queue it so: stint submit --hold -- COMMAND`],
  [
    "switch swap urgent priority prio bump renice",
    "what starts first: stint move TASK --before TASK, or stint set TASK priority=N",
  ],
  ["send", "a job has no input; let its command read a file: stint submit -- COMMAND"],
  ["unpause continue cont", "to continue paused jobs: stint resume TASK"],
  ["suspend", "to suspend running jobs: stint pause TASK; to continue them: stint resume TASK"],
  ["tsp ts nq push nohup", SUBMIT],
  ["fq nqtail nqterm tail head cat less attach output stdout stderr journalctl", LOGS],
  // Slurm, PBS, LSF, at
  ["sbatch qsub bsub at batch create", SUBMIT],
  ["srun salloc", RUN],
  ["exec", `${RUN}; to see the output of a job: stint logs -f TASK`],
  ["squeue qstat bjobs atq tasks ll", LIST],
  ["sacct history", "what ended: stint ls --all; counts and failures: stint stats"],
  ["seff sstat get", SHOW],
  ["sprio sdiag why", "why a task waits or failed: stint explain TASK"],
  ["scancel qdel bkill atrm dequeue abort terminate", CANCEL],
  ["killall kill-all stop-all cancel-all", "to cancel all tasks: stint cancel --all"],
  ["scontrol update qalter", `${SET}; to hold one: stint hold TASK; to see it: stint show TASK`],
  [
    "rename",
    "the name of a task is fixed; to queue it under another one: stint submit --from TASK --name NAME",
  ],
  [
    "config configure settings setup",
    `the settings of the queue are in its config.yaml: stint help config; ${SET}`,
  ],
  ["sinfo nodes nvidia-smi", MACHINE],
  ["cron crontab", `${SCHEDULES}; to bring over a crontab: stint import crontab`],
  // systemd
  ["enable disable", `${SERVICE}; to pause a schedule: stint schedules pause NAME`],
  [
    "reload daemon-reload",
    "a changed config.yaml takes effect by itself; to start the supervisor again, while its jobs go on: stint down, then stint up --detach",
  ],
  ["list-timers timers", "the schedules and their next times: stint schedules ls"],
  // docker, git
  [
    "top htop monitor dashboard ui",
    "to watch the queue: stint ls --watch; to start a task before the others: stint move TASK --top",
  ],
  ["deps graph", "which task waits for which: stint ls --tree"],
  ["images pull image", "a task runs in a container of an image: stint submit --image NAME -- COMMAND"],
  ["commit checkout clone", "your files are not managed by stint; to list what is queued: stint ls"],
  ["rerun resubmit", "a failed task again: stint retry TASK; a completed one: stint submit --from TASK"],
  ["new template templates", "to write a starter file: stint init TEMPLATE"],
  [
    "url port browse notebook jupyter lab tensorboard",
    "to open a service: stint open NAME; to list them: stint services; a file for one: stint init jupyter",
  ],
  ["check lint parse test", "to check a task file: stint validate FILE"],
];

/** What to do in stint, by the word that another tool has for it. */
export const HINTS: ReadonlyMap<string, string> = new Map(
  TABLE.flatMap(([words, hint]) => words.split(" ").map((word) => [word, hint] as const)),
);
