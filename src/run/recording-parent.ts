import type { Invocation } from "./argument-limits.ts";

/**
 * The small parent that every job gets, in POSIX sh. It owns `start` and `exit.json` of an attempt's directory: it records the
 * start before the job exists and the result after it, so that neither needs stint to be alive.
 *
 * The order of effects, and what a crash of the parent leaves:
 *
 * 1. It makes `start` with O_EXCL and writes who it is. Whoever makes that file decides whether the attempt runs: where somebody
 *    else did, or the disk is full, the parent ends by SIGUSR1, and nothing ran. It does the same where it gets no process.
 * 2. It forks the job, which adds its own line to `start`, joins its control group and becomes the program. A parent that is killed
 *    from here on leaves no result; the job's session, group, descent and token tell what is left of it.
 * 3. It writes `exit.json`, over anything that the job put in its place, and makes the directory anew where it was removed. Where
 *    that cannot succeed, its own exit code is the job's, for a supervisor that is its parent.
 *
 * All that it is told travels in its environment, not in its arguments: a `pkill -f` by the name of the job's program would find it
 * there. It holds to what dash, bash and busybox do, and forks nothing but the job. Its variables carry a prefix because one that
 * the environment brings along stays exported: a plain `code` would change the job's own `code`.
 */
const BEGIN = [
  // As /bin/sh, bash keeps what it has to say of the job to itself until all is over.
  `test -z "\${BASH_VERSION-}" || set +o posix`,
  // A signal to all processes of the machine is meant for the job; the parent outlives it to record what came of it. An action,
  // unlike an ignored signal, is not passed on to the job.
  "_stint_term=false",
  "trap '_stint_term=true' TERM",
  "trap : HUP INT QUIT PIPE ALRM USR1 USR2",
  // What the shell itself has to say ("Killed") is not the job's output.
  "exec 3>&2 2>/dev/null",
  // Its own start time; macOS has no /proc, the line is empty there.
  "_stint_stat=",
  "read -r _stint_stat </proc/self/stat",
  "_stint_never() { trap - USR1; kill -USR1 $$; exit 1; }",
  // Writes the result: the job's status, whether a signal took the job, and whether the parent was told to end before that.
  "_stint_record() {",
  "  umask 077",
  "  PATH=/usr/bin:/bin:$PATH _stint_tries=0",
  "  until",
  // The rights of these are ours to give back.
  `    for _stint_path in "\${1%/*/*}" "\${1%/*}" "$1"; do { test -w "$_stint_path" && test -x "$_stint_path"; } || chmod u+rwx "$_stint_path"; done`,
  // Not where the whole home was removed.
  `    test -d "$1" || { test -d "\${1%/*/*}" && mkdir -p "$1"; }`,
  `    { test -e "$1/exit.json" || test -h "$1/exit.json"; } && rm -rf "$1/exit.json"`,
  `    printf '{"status":%d,"signalled":%s,"sawTerm":%s,"token":"%s"}\\n' \\`,
  `      "$_stint_code" "$_stint_signalled" "$_stint_saw" "$4" >"$1/exit.json"`,
  "  do",
  // A disk that is full, or takes no writes, is waited for; of what stands in the way, or is gone as a whole, some tries are enough.
  `    for _stint_path in "\${1%/*}" "$1"; do`,
  `      test -d "$_stint_path" || { ! test -e "$_stint_path" && ! test -h "$_stint_path"; } || _stint_tries=$((_stint_tries + 1))`,
  "    done",
  `    { test -d "\${1%/*/*}" && ! test -d "$1/exit.json" && ! test -h "$1/exit.json"; } || _stint_tries=$((_stint_tries + 1))`,
  `    test "$_stint_tries" -lt 3 || break`,
  "    sleep 1",
  "  done",
  `  exit "$_stint_code"`,
  "}",
  // noclobber makes `>` open with O_EXCL.
  "set -C",
  `command exec 4>"$1/start" || _stint_never`,
  `printf '%s\\n%s\\n%s\\n%s\\n' "$$" "$3" "$_stint_stat" "$5" >&4 || _stint_never`,
  // Of a job that a signal took, the shell says so ("Killed"), and of one that exits with 137 it says nothing: there is no other way
  // for a shell to tell them apart. What it says goes to the end of `start`.
  "exec 2>&4",
  // Told to end before the job was there: it is not begun, and recorded like a job that SIGTERM ended.
  "_stint_code=143 _stint_signalled=true _stint_saw=true",
  `"$_stint_term" && _stint_record "$@"`,
  // A shell that gets no process for the job ends, and where it does not say so.
  "trap _stint_never EXIT",
  "unset _stint_begin",
].join("\n");

const JOB = [
  "_stint_stat=",
  "{ read -r _stint_stat </proc/self/stat; } 2>/dev/null",
  `printf '%s\\n' "$_stint_stat" >&4`,
  `{ test -z "$5" || printf '0\\n' >|"$5/cgroup.procs"; } 2>/dev/null`,
  `test -z "$2" || umask "$2"`,
  "unset _stint_job _stint_end",
  "shift 5",
  // `exec` finds no built-in command of the same name, and umask and descriptors change for the job alone.
  `exec "$@" 2>&3 3>&- 4>&-`,
].join("\n");

const END = [
  "_stint_code=$? _stint_signalled=false",
  "trap - EXIT",
  // A TERM from here on, while a full disk is waited out, says nothing about the job.
  "_stint_saw=$_stint_term",
  `if test "$_stint_code" -gt 128; then`,
  // Still there where the job has removed the file.
  "  _stint_said= _stint_notes=/proc/$$/fd/4",
  `  test -e "$_stint_notes" || _stint_notes=$1/start`,
  `  { for _stint_line in 1 2 3 4 5 6; do read -r _stint_said; done; } <"$_stint_notes"`,
  `  test -z "$_stint_said" || _stint_signalled=true`,
  "fi",
  `_stint_record "$@"`,
].join("\n");

/** bash says what took the job when a command of this text is over, and not within a text that it evaluates. */
const RECORDING_PARENT = [`eval "$_stint_begin"`, `( eval "$_stint_job" )`, `eval "$_stint_end"`].join("\n");

/** What the recording parent is told. */
export interface RecordingOrder {
  /** Of the attempt; absolute. */
  readonly directory: string;
  /** Octal, of the job; empty leaves the one of the launching program. */
  readonly umask: string;
  readonly bootId: string;
  /** Of the attempt; ties the result to it. */
  readonly token: string;
  /** The control group that the job joins; empty for none. */
  readonly group: string;
  /** The job's program and arguments; the program must not begin with `-`. */
  readonly argv: readonly string[];
  /** Of the job. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Arguments that one variable can name, which the kernel limits to 128 KiB. */
const ARGUMENTS_A_VARIABLE = 2_000;

/** The arguments and environment of `/bin/sh` that run a job under its recording parent. */
export function recordingInvocation(order: RecordingOrder): Invocation {
  const { directory, umask, bootId, token, group, argv, environment } = order;
  const words = [directory, umask, bootId, token, group, ...argv];
  const names = words.map((_, index) => `_stint_${index}`);
  const variables: Record<string, string> = { ...environment };
  for (const [index, name] of names.entries()) variables[name] = words[index] ?? "";
  const texts: string[] = [];
  for (let first = 0; first < names.length; first += ARGUMENTS_A_VARIABLE) {
    const some = names.slice(first, first + ARGUMENTS_A_VARIABLE);
    const text = `_stint_words_${first}`;
    variables[text] =
      `set -- "$@" ${some.map((name) => `"$${name}"`).join(" ")}\nunset ${some.join(" ")} ${text}`;
    texts.push(`eval "$${text}"`);
  }
  const begin = [...texts, BEGIN].join("\n");
  Object.assign(variables, { _stint_begin: begin, _stint_job: JOB, _stint_end: END });
  return { argv: ["/bin/sh", "-c", RECORDING_PARENT], environment: variables };
}
