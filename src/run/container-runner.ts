/**
 * What a container attempt runs as its program, in POSIX sh: it sees one container through, and notes how it ended.
 * Called as
 *
 *     sh -c CONTAINER_RUNNER stint MODE DIRECTORY ENGINE NAME GRACE IMAGE PULL PULL-SECONDS BOOT-ID PARENT MEMORY MANAGER [FLAG…]
 *
 * MODE `run` makes the container; `follow` takes up one whose runner was killed; `stop` and `kill` end it. Each writes
 * `container-end` and only after the engine said that the container does not run: `exited CODE OOM`, `engine CODE`
 * (the engine failed, in `container-error` are its words), or `lost`. A command of the engine's that is killed is
 * asked again: the container itself lives on without it.
 */
const CONTAINER_RUNNER = [
  "mode=$1 directory=$2 engine=$3 name=$4 grace=$5 image=$6 pull=$7 seconds=$8 boot=$9",
  "shift 9",
  "parent=$1 memory=$2 manager=$3",
  "shift 3",
  "stopping=false asked=false whole=true child=",
  `test "$mode" != stop || stopping=true`,
  "trap 'stopping=true' TERM",
  "trap : HUP INT QUIT PIPE ALRM USR1 USR2",
  "stat=",
  "read -r stat </proc/self/stat 2>/dev/null",
  // Whoever comes after a killed recording parent finds the runner by this.
  `printf '%s\\n%s\\n%s\\n' "$$" "$boot" "$stat" >"$directory/container-runner"`,
  // Waits for a child whatever signals come in between.
  "await() {",
  "  while :; do",
  `    wait "$1"`,
  "    code=$?",
  `    test "$code" -gt 128 || return 0`,
  `    kill -0 "$1" 2>/dev/null || return 0`,
  "  done",
  "}",
  // A rename: a reader sees all of it or nothing.
  "finish() {",
  `  rm -f "$directory/container-pulling" "$directory/container-env"`,
  `  until printf '%s\\n' "$1" >"$directory/container-end.new" && mv -f "$directory/container-end.new" "$directory/container-end"; do`,
  `    test -d "$directory" || exit 1`,
  "    sleep 1",
  "  done",
  `  exit "$2"`,
  "}",
  // The words of the last look are kept apart from what a failed start said.
  `look() { "$engine" inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' "$name" 2>"$directory/container-look"; }`,
  `isGone() { grep -qi 'no such \\(container\\|object\\)' "$directory/container-look"; }`,
  // A pid may be another's by now.
  `isOurs() { test -n "$1" && grep -qa -e "$name" "/proc/$1/cmdline"; }`,
  "forget() {",
  `  for file in output.log stdout.log stderr.log; do`,
  `    test ! -f "$directory/$file" || : >"$directory/$file"`,
  "  done",
  "}",
  "fetchImage() {",
  "  case $pull in",
  "    never) return 0 ;;",
  `    missing) ! "$engine" image inspect "$image" >/dev/null 2>&1 || return 0 ;;`,
  "  esac",
  `  : >"$directory/container-pulling"`,
  `  rm -f "$directory/container-pulled"`,
  `  ( "$engine" pull --quiet "$image" >/dev/null 2>"$directory/container-error"; printf '%s\\n' "$?" >"$directory/container-pulled" ) &`,
  "  child=$!",
  "  tenths=0",
  `  until test -s "$directory/container-pulled"; do`,
  `    if "$stopping"; then finish 'engine 143' 143; fi`,
  `    if test "$tenths" -ge "$((seconds * 10))"; then`,
  `      printf 'the image was not pulled within %s s\\n' "$seconds" >"$directory/container-error"`,
  "      finish 'engine 124' 125",
  "    fi",
  "    sleep 0.1",
  "    tenths=$((tenths + 1))",
  "  done",
  `  wait "$child"`,
  `  read -r code <"$directory/container-pulled"`,
  `  test "$code" = 0 || finish "engine $code" 125`,
  `  rm -f "$directory/container-pulling"`,
  "}",
  // Its token is not for the container's own monitor, which would be taken for a process of the attempt.
  "start() {",
  `  rm -f "$directory/cid"`,
  `  env -u STINT_TOKEN "$engine" run -d --pull=never --cidfile "$directory/cid" --name "$name" "$@" >/dev/null 2>"$directory/container-error" &`,
  "  child=$!",
  `  printf '%s\\n' "$child" >"$directory/container-starter"`,
  `  await "$child"`,
  "}",
  "launch() {",
  "  fetchImage",
  `  if "$stopping"; then finish 'engine 143' 143; fi`,
  // Where the engine leaves groups to systemd, ours cannot be the parent: the engine's own limit holds then.
  `  if test -n "$parent" && test "$("$engine" info --format "$manager")" = cgroupfs; then`,
  `    set -- --cgroup-parent "$parent" "$@"`,
  `  elif test -n "$memory"; then`,
  `    set -- --memory "$memory" --memory-swap "$memory" "$@"`,
  "  fi",
  `  start --init "$@"`,
  // Debian's podman comes without the init that it would use; PID 1 then is the job itself.
  `  if test "$code" != 0 && grep -q 'container-init binary not found' "$directory/container-error"; then start "$@"; fi`,
  `  test "$code" = 0 || refused`,
  "}",
  // A command that was killed may have made its container all the same.
  "refused() {",
  `  refusal=$code`,
  `  if test "$refusal" -gt 128; then`,
  "    settle",
  "    test $? = 2 || return 0",
  "  fi",
  `  "$engine" rm -f "$name" >/dev/null`,
  `  finish "engine $refusal" "$refusal"`,
  "}",
  // 0: it does not run any more, 1: it runs, 2: it never ran.
  "settle() {",
  "  while :; do",
  `    if state=$(look); then`,
  "      case $state in",
  "        running* | paused* | restarting* | stopping* | removing*) return 1 ;;",
  "        created* | configured* | initialized*) return 2 ;;",
  "        *) return 0 ;;",
  "      esac",
  "    fi",
  "    if isGone; then",
  // A command that was killed before it had made the container left none behind.
  `      test -s "$directory/cid" || finish 'engine 137' 125`,
  "      finish lost 1",
  "    fi",
  // The engine does not answer: what becomes of the container is not known before it does.
  "    sleep 1",
  "  done",
  "}",
  // The output is whole where one command followed it to the end; else it is written anew from its beginning.
  "see() {",
  "  failures=0",
  `  while test "$failures" -lt 20; do`,
  // A TERM that came while the container was being made would else wait for its output to end.
  `    if "$stopping"; then stop; fi`,
  `    "$whole" || forget`,
  `    "$engine" logs -f "$name" &`,
  "    child=$!",
  `    printf '%s\n' "$child" >"$directory/container-logs"`,
  // Of a TERM that came just before, the command that follows knows nothing.
  `if "$stopping" && ! "$asked"; then kill "$child" 2>/dev/null; fi`,
  `    await "$child"`,
  "    followed=$code",
  "    settle",
  "    case $? in",
  `      0) test "$followed" != 0 || return 0; failures=$((failures + 1)) ;;`,
  "      1) stop ;;",
  "      2) return 0 ;;",
  "    esac",
  "    whole=false",
  "    sleep 0.1",
  "  done",
  "}",
  // To PID 1 of a container a TERM is nothing before it is caught or blocked (pid_namespaces(7)): its init gets a moment.
  "hear() {",
  `  pid=$("$engine" inspect --type container --format '{{.State.Pid}}' "$name" 2>/dev/null)`,
  "  tenths=0",
  `  while test "$tenths" -lt 20 && test -r "/proc/$pid/status"; do`,
  `    ! grep -q '^Sig\\(Blk\\|Cgt\\):.*[4-7c-f]...$' "/proc/$pid/status" || return 0`,
  "    sleep 0.1",
  "    tenths=$((tenths + 1))",
  "  done",
  "}",
  // A further TERM, of the next supervisor, may end the command that asks before it has asked.
  "stop() {",
  `  if test "$mode" = kill; then "$engine" kill --signal KILL "$name" >/dev/null 2>&1`,
  `  elif "$stopping" && ! "$asked"; then`,
  "    hear",
  `    asked=true; "$engine" stop -t "$grace" "$name" >/dev/null 2>&1 || asked=false`,
  "  fi",
  "}",
  // Ends what an earlier runner left behind, and waits for the command that is just making the container.
  "succeed() {",
  "  whole=false pid=",
  `  read -r pid <"$directory/container-logs"`,
  `  if isOurs "$pid"; then kill -KILL "$pid"; fi`,
  "  pid=",
  `  read -r pid <"$directory/container-starter"`,
  `  while isOurs "$pid"; do`,
  `    if test "$mode" = kill; then kill -KILL "$pid"; fi`,
  "    sleep 0.1",
  "  done",
  "}",
  "exec 3>&2 2>/dev/null",
  `if test "$mode" = run; then launch "$@"; else succeed; fi`,
  `rm -f "$directory/container-env"`,
  `if test "$mode" = kill; then stop; fi`,
  "settle",
  "if test $? != 2; then exec 2>&3; see; exec 2>/dev/null; fi",
  "settle",
  "verdict=$?",
  // Still running only where its output cannot be followed at all.
  "until test $verdict != 1; do stop; sleep 0.5; settle; verdict=$?; done",
  "if test $verdict = 2; then",
  `  "$engine" rm -f "$name" >/dev/null`,
  `  printf 'the command that was to start the container was killed\n' >"$directory/container-error"`,
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
    ...order.flags,
  ];
}
