import { FOLLOWING } from "./container-following.ts";
import { MAKING } from "./container-making.ts";
import { STOPPING } from "./container-stopping.ts";

/**
 * What a container attempt runs as its program, in POSIX sh: it sees one container through, and notes how it ended.
 * Called as
 *
 *     sh -c CONTAINER_RUNNER stint MODE DIRECTORY ENGINE NAME GRACE IMAGE PULL PULL-SECONDS BOOT-ID PARENT MEMORY MANAGER DIRECT [FLAG…]
 *
 * MODE `run` makes the container; `follow` takes up one whose runner was killed; `stop` and `kill` end it. Each writes
 * `container-end` and only after the engine said that the container does not run: `exited CODE OOM`, `engine CODE`
 * (the engine failed, in `container-error` are its words), or `lost`. A command of the engine's that is killed is
 * asked again: the container itself lives on without it.
 *
 * Where the engine can, the job writes into its logs itself (`direct`): nothing lies between that could fall behind, or keep all of it
 * a second time. Else the engine keeps the output, and its `logs` are followed.
 */
const CONTAINER_RUNNER = [
  "mode=$1 directory=$2 engine=$3 name=$4 grace=$5 image=$6 pull=$7 seconds=$8 boot=$9",
  "shift 9",
  "parent=$1 memory=$2 manager=$3 direct=$4",
  "shift 4",
  "stopping=false asked=false written=false following=",
  `test "$mode" != stop || stopping=true`,
  // Nothing in sh waits for a child and a signal without a gap: what wakes us is the end of the command that follows. One that
  // has not begun yet forgets a TERM.
  `trap 'stopping=true; test -z "$following" || kill -KILL "$following"' TERM`,
  "trap : HUP INT QUIT PIPE ALRM USR1 USR2",
  // What the shell itself has to say ("Terminated") is not the job's output.
  "exec 3>&2 2>/dev/null",
  "stat=",
  "read -r stat </proc/self/stat",
  // The job may write where the notes are, too: what is no file gives way to one, and is neither waited for nor followed. Should a FIFO
  // come in between, `<>` does not wait for a reader of it.
  "clear() {",
  `  for file; do`,
  `    if test -h "$directory/$file" || { test -e "$directory/$file" && ! test -f "$directory/$file"; }; then rm -rf "$directory/$file"; fi`,
  "  done",
  "}",
  "clear container-runner",
  // Whoever comes after a killed recording parent finds the runner by this.
  `printf '%s\\n%s\\n%s\\n' "$$" "$boot" "$stat" >"$directory/container-runner"`,
  // Runs a command that has noted its own pid: it is found also where the runner was killed just then.
  `noted='printf "%s\\n" "$$" 1<>"$0"; exec "$@"'`,
  // Waits for a child whatever signals come in between.
  "await() {",
  "  while :; do",
  `    wait "$1"`,
  "    code=$?",
  `    test "$code" -gt 128 || return 0`,
  `    kill -0 "$1" || return 0`,
  "  done",
  "}",
  // A rename: a reader sees all of it or nothing.
  "finish() {",
  `  rm -f "$directory/container-pulling" "$directory/container-env"`,
  `  until clear container-end container-end.new; rm -f "$directory/container-end.new"; printf '%s\\n' "$1" 1<>"$directory/container-end.new" && mv -f "$directory/container-end.new" "$directory/container-end"; do`,
  `    test -d "$directory" || exit 1`,
  "    sleep 1",
  "  done",
  `  exit "$2"`,
  "}",
  // Whoever made the container noted it; where the job took the note away, the engine knows.
  "isDirect() {",
  `  test -e "$directory/container-direct" || test "$("$engine" inspect --type container --format '{{.HostConfig.LogConfig.Type}}' "$name")" = passthrough`,
  "}",
  `if "$direct" && test "$mode" != run; then isDirect || direct=false; fi`,
  MAKING,
  STOPPING,
  FOLLOWING,
  `if test "$mode" = run; then launch "$@"; else succeed; fi`,
  `rm -f "$directory/container-env"`,
  `if test "$mode" = kill; then stop; fi`,
  "see",
  "if test $? = 2; then",
  `  "$engine" rm -f "$name" >/dev/null`,
  `  printf 'the command that was to start the container was killed\\n' >"$directory/container-error"`,
  "  finish 'engine 137' 125",
  "fi",
  "set -f",
  "set -- $state",
  `finish "exited $2 $3" "$2"`,
].join("\n");

/** What a runner is told; `flags` end with the image and its arguments, and are of use to MODE `run` alone. */
export interface RunnerOrder {
  readonly mode: "run" | "follow" | "stop" | "kill";
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Path of the engine's command. */
  readonly engine: string;
  /** Of the container. */
  readonly name: string;
  readonly graceMs: number;
  readonly image: string;
  readonly pull: string;
  readonly pullTimeoutMs: number;
  readonly bootId: string;
  /** The control group that it is to be put under, from the top of its hierarchy; empty for none. */
  readonly parent: string;
  /** Bytes that the engine is to enforce where it does not take our group; empty for no limit. */
  readonly memory: string;
  /** The template by which the engine tells who manages its control groups. */
  readonly manager: string;
  /** True where the engine may know how to give a container our own logs for its output. */
  readonly mayBeDirect: boolean;
  readonly flags: readonly string[];
}

/** The program and arguments of a runner. */
export function runnerArguments(order: RunnerOrder): string[] {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1_000));
  return [
    "/bin/sh",
    "-c",
    CONTAINER_RUNNER,
    "stint",
    order.mode,
    order.directory,
    order.engine,
    order.name,
    seconds(order.graceMs),
    order.image,
    order.pull,
    seconds(order.pullTimeoutMs),
    order.bootId,
    order.parent,
    order.memory,
    order.manager,
    String(order.mayBeDirect),
    ...order.flags,
  ];
}
