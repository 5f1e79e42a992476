# The container runner: the program of a container's attempt. It follows one container to its end, and records how it ended.
#
# Called with: MODE DIRECTORY ENGINE NAME GRACE IMAGE PULL PULL-SECONDS BOOT-ID PARENT MEMORY MANAGER DIRECT [FLAG...]
#
# MODE `run` makes the container; `follow` takes over one whose runner was killed; `stop` and `kill` take it over and end it.
#
# Order of effects, and what a crash of the runner leaves:
# 1. `container-runner` names its process. A later supervisor finds the runner by it, and starts the next one where it is dead.
# 2. `container-pulling` exists while the image is pulled. Without a container the next runner records `engine 137`.
# 3. `cid`, by the engine, once the container exists. The container runs on without its runner, and the next one follows it.
# 4. `container-pid` names its first process, where this machine has it: the runner waits for its end, and only then asks the engine.
#    Where the machine does not have it, the runner waits with the engine's `wait`.
# 5. `container-end`, and only after the engine said that the container does not run: `exited CODE OOM`, `engine CODE` (the engine
#    failed, its message is in `container-error`), or `lost`; or `dead` where it still says that it runs a minute after its first
#    process ended. The attempt ends with it; the container is removed once the end is on record.
# An engine's command that is killed is run again: the container runs on without it.
#
# Where the engine can, the job writes to its logs itself (`direct`): nothing in between can fall behind, or store the output a second
# time. Otherwise the engine stores the output, and its `logs` are followed.
#
# An attached `podman run` cannot replace this (podman 4.3, tried): with a TERM while it makes the container it exits with 0 and nothing
# ran; killed, it exits with 137 and the container runs on; where the container's monitor is killed, it never exits. Its exit code would
# have to be verified by the engine each time, and with docker the output is lost with it; that would be this runner again.

mode=$1 directory=$2 engine=$3 name=$4 grace=$5 image=$6 pull=$7 seconds=$8 boot=$9
shift 9
parent=$1 memory=$2 manager=$3 direct=$4
shift 4
stopping=false asked=false written=false visible=false waited=''
test "$mode" != stop || stopping=true
# sh cannot wait for a child and a signal without a race, so the trap ends the wait by killing the command that is waited for. By KILL:
# a command that has not begun yet would lose a TERM.
trap 'stopping=true; test -z "$waited" || kill -KILL "$waited"' TERM
trap : HUP INT QUIT PIPE ALRM USR1 USR2
# The shell's own messages ("Terminated") are not the job's output.
exec 3>&2 2>/dev/null
stat=
read -r stat </proc/self/stat
# The job can write to this directory too. Anything there that is no file is removed before a write, so that no FIFO blocks and no link is
# followed. Should a FIFO appear in between, `<>` does not wait for a reader.
clear() {
  for file; do
    if test -h "$directory/$file" || { test -e "$directory/$file" && ! test -f "$directory/$file"; }; then rm -rf "${directory:?}/$file"; fi
  done
}
clear container-runner
# A supervisor that comes after a killed recording parent finds the runner by this.
printf '%s\n%s\n%s\n' "$$" "$boot" "$stat" >"$directory/container-runner"
# Writes its own pid, then executes a command: the command is found even where the runner was killed meanwhile.
# shellcheck disable=SC2016
noted='printf "%s\n" "$$" 1<>"$0"; exec "$@"'
# Waits for a child, also when signals interrupt the wait.
await() {
  while :; do
    wait "$1"
    code=$?
    test "$code" -gt 128 || return 0
    kill -0 "$1" || return 0
  done
}
# Records the result and exits. By a rename: a reader sees all of it or nothing.
finish() {
  rm -f "$directory/container-pulling" "$directory/container-env"
  until clear container-end container-end.new; rm -f "$directory/container-end.new"; printf '%s\n' "$1" 1<>"$directory/container-end.new" && mv -f "$directory/container-end.new" "$directory/container-end"; do
    test -d "$directory" || exit 1
    sleep 1
  done
  exit "$2"
}
# The runner that made the container left a file; where the job removed it, the engine knows.
isDirect() {
  test -e "$directory/container-direct" || test "$("$engine" inspect --type container --format '{{.HostConfig.LogConfig.Type}}' "$name")" = passthrough
}
if "$direct" && test "$mode" != run; then isDirect || direct=false; fi
if test "$mode" = run; then launch "$@"; else takeOver; fi
rm -f "$directory/container-env"
if test "$mode" = kill; then stop; fi
followToEnd
if test $? = 2; then
  "$engine" rm -f "$name" >/dev/null
  printf 'the command that was to start the container was killed\n' >"$directory/container-error"
  finish 'engine 137' 125
fi
set -f
# shellcheck disable=SC2086
set -- $state
finish "exited $2 $3" "$2"
