/**
 * The files that stint writes into an attempt's folder, `runs/ID/NUMBER/`: the only list of their names. The scripts in `sh/` write the
 * names out, and test/style/shell.test.ts compares them with this list. Any other file in the folder is the job's.
 */
export const ATTEMPT_FILES = {
  /** By the recording parent: which process started the attempt; see `readStart`. */
  start: "start",
  /** By the recording parent: how the job ended; see `readExit`. */
  exit: "exit.json",
  /** The body of a `script:`. */
  script: "script",
  scriptPreload: "script-preload.js",
  /** By the supervisor: what is to be done before the program runs; absent where nothing is. See `preparationOrder`. */
  preparationOrder: "preparation-order.json",
  /** By the preparation: how far it is, then its result; see `preparationReport`. */
  preparation: "preparation.json",
  preparationStaged: "preparation.json.new",
  /** By the preparation: variables of trackers, as assignments of sh that the prefix of the job reads. */
  trackingVariables: "tracking-variables",
  /** By the supervisor: the inputs of the task as a JSON object; absent without any. */
  inputs: "inputs.json",
  /** By the job: its outputs as a JSON object; see `readOutputs`. */
  outputs: "outputs.json",
  /** By the supervisor: a JSON list of the task's parents; absent without any. */
  parents: "parents.json",
  /** By the supervisor: the control group of the job, before it is created; see `LimitsNote`. */
  limits: "limits.json",
  /** By the limit prefix: the limits that the system refused at the last moment, one name per line. */
  limitsMissed: "limits-missed",
  /** By the limit prefix: the control group that systemd created; absent where it created none. */
  groupScope: "group-scope",
  /** The final counters of the job's control group, in the format of memory.events, and `peak`. */
  groupEnd: "group-end",
  /** By the job: what it tells, a line each; see `event.ts`. */
  events: "events.ndjson",
  /** By the supervisor, once the job got the signal of `slurm.signal`. */
  earlySignal: "early-signal",
  /** By the supervisor: the stop signal that it sent to the job, and when; see `stop-note.ts`. */
  stopSent: "stop-sent",
  /** By the supervisor, once the results of the attempt are collected; see `run/manifest.ts`. */
  manifest: "run_manifest.json",
  /** By the engine, once the container exists. */
  containerId: "cid",
  /** The job's variables, until the container exists; their values must not appear in arguments. */
  containerEnvironment: "container-env",
  /** By the container runner: its own process, in the format of `start`. */
  containerRunner: "container-runner",
  /** By the container runner: how the container ended; see `readContainerEnd`. */
  containerEnd: "container-end",
  containerEndStaged: "container-end.new",
  /** The engine's error output. */
  containerError: "container-error",
  /** Exists while the image is pulled. */
  containerPulling: "container-pulling",
  /** The exit code of the pull. */
  containerPulled: "container-pulled",
  /** The pid of the command that creates the container. */
  containerStarter: "container-starter",
  /** The pid of the command that follows the container's output. */
  containerLogs: "container-logs",
  /** The engine's error output when it was last asked for the container's state. */
  containerLook: "container-look",
  /** The pid of the command that waits for the container's end, where no output is followed. */
  containerWait: "container-wait",
  /** The pid of the container's first process, where it runs on this machine. */
  containerPid: "container-pid",
  /** Exists where the container writes to the logs itself. */
  containerDirect: "container-direct",
  /** The files of a snapshot, once all of them are there: the job's working directory. What the job adds or changes there is the job's. */
  code: "code",
  /** The same, while they are written. */
  codeStaged: "code.new",
  /** The index of git for it. */
  codeIndex: "code.index",
  /** Made once `code` is complete; holds when that was begun, in ms since the epoch. Files that changed outside of this time are the job's. */
  codeMade: "code-made",
  /** By the supervisor: the generated token of a service, for its owner alone. */
  serviceToken: "service-token",
  /** By `stint open`, for its owner alone: a page that leads a browser to the service, with its token. */
  redirect: "open.html",
} as const;

/** The folder in which a job leaves what is to be kept, STINT_ARTIFACTS_DIR. */
export const ARTIFACTS_FOLDER = "artifacts";

/** Where copies of artifacts are made, before a rename puts them into their folder; there only while results are collected. */
export const STAGING_FOLDER = "artifacts.new";

/** The output of a job: one file for both streams in true order, or one for each; see `outputFiles`. */
export const LOG_FILES = { both: "output.log", stdout: "stdout.log", stderr: "stderr.log" } as const;
