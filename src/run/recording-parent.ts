/**
 * The small parent that every job gets, in POSIX sh: it records the start before the job exists and the result after
 * it, so that neither needs stint to be alive. Called as
 *
 *     sh -c RECORDING_PARENT stint DIRECTORY UMASK BOOT-ID PROGRAM [ARGUMENT…]
 *
 * It holds to what dash and bash both do, and forks nothing but the job. Its variables carry a prefix because one
 * that the environment brings along stays exported: a plain `code` would change the job's own `code`. It ends with 0
 * where it recorded a result and with 1 where it ran nothing or its directory is gone.
 */
const RECORDING_PARENT = [
  // A signal to the group is meant for the job; the parent outlives it to record what came of it. An action, unlike
  // an ignored signal, is not passed on to the job.
  "_stint_term=false",
  "trap '_stint_term=true' TERM",
  "trap : HUP INT QUIT PIPE ALRM USR1 USR2",
  // What the shell itself has to say ("Killed") is not the job's output.
  "exec 3>&2 2>/dev/null",
  // Its own start time; macOS has no /proc, the line is empty there.
  "_stint_stat=",
  "read -r _stint_stat </proc/self/stat",
  // noclobber makes `>` open with O_EXCL: whoever creates the file decides whether this attempt runs.
  "set -C",
  `printf '%s\\n%s\\n%s\\n' "$$" "$3" "$_stint_stat" >"$1/start" || exit 1`,
  "set +C",
  // Told to end before the job was there: it is not begun, and recorded like a job that SIGTERM ended.
  "_stint_code=143",
  `"$_stint_term" || {`,
  // `exec` finds no built-in command of the same name, and umask and descriptors change for the job alone.
  `  ( test -z "$2" || umask "$2"; shift 3; exec "$@" ) 2>&3 3>&-`,
  "  _stint_code=$?",
  "}",
  // A TERM from here on, while a full disk is waited out, says nothing about the job.
  "_stint_saw=$_stint_term",
  `until printf '{"status":%d,"sawTerm":%s}\\n' "$_stint_code" "$_stint_saw" >"$1/exit.json"; do`,
  `  test -d "$1" || exit 1`,
  "  PATH=/usr/bin:/bin:$PATH sleep 1",
  "done",
  "exit 0",
].join("\n");

/** What the recording parent is told. */
export interface RecordingOrder {
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Octal, of the job; empty leaves the one of the launching program. */
  readonly umask: string;
  readonly bootId: string;
  /** The job's program and arguments; the program must not begin with `-`. */
  readonly argv: readonly string[];
}

/** The arguments of `/bin/sh` that run a job under its recording parent. */
export function recordingArguments(order: RecordingOrder): string[] {
  return ["-c", RECORDING_PARENT, "stint", order.directory, order.umask, order.bootId, ...order.argv];
}
