# The container runner: what a container's attempt runs as its program. It sees one container through, and notes how it ended.
#
# Called with: MODE DIRECTORY ENGINE NAME GRACE IMAGE PULL PULL-SECONDS BOOT-ID PARENT MEMORY MANAGER DIRECT [FLAG...]
#
# MODE `run` makes the container; `follow` takes up one whose runner was killed; `stop` and `kill` end it.
#
# Order of effects, and what a crash of the runner leaves:
# 1. `container-runner` says who it is. A later supervisor finds the runner by it, and starts the next one where it is gone.
# 2. `container-pulling` is there while the image is fetched. Without a container the next runner notes `engine 137`.
# 3. `cid`, by the engine, once the container exists. The container lives on without its runner, and the next one follows it.
# 4. `container-pid` names its first process, where that is one of this machine: the runner waits for the end of that, and asks the
#    engine only then. Where it is not, the engine's `wait` tells.
# 5. `container-end`, and only after the engine said that the container does not run: `exited CODE OOM`, `engine CODE` (the engine
#    failed, its words are in `container-error`), or `lost`; or `dead` where it goes on to say that it runs, a minute after its first
#    process ended. The attempt ends with it; the container is removed after the record.
# An engine's command that is killed is asked again: the container lives on without it.
#
# Where the engine can, the job writes into its logs itself (`direct`): nothing lies between that could fall behind, or keep all of
# it a second time. Else the engine keeps the output, and its `logs` are followed.
#
# An attached `podman run` cannot take the place of this (podman 4.3, tried): told to end while it makes the container it ends with 0
# and nothing ran, it ends with 137 while the container runs on where it is killed, and never where the container's monitor is. Its
# code would have to be checked against the engine in each case, with docker the output is lost with it, and that is this runner again.

mode=$1 directory=$2 engine=$3 name=$4 grace=$5 image=$6 pull=$7 seconds=$8 boot=$9
shift 9
parent=$1 memory=$2 manager=$3 direct=$4
shift 4
stopping=false asked=false written=false visible=false following=''
test "$mode" != stop || stopping=true
# Nothing in sh waits for a child and a signal without a gap: what ends the wait is the end of the command that follows.
# One that has not begun yet forgets a TERM.
trap 'stopping=true; test -z "$following" || kill -KILL "$following"' TERM
trap : HUP INT QUIT PIPE ALRM USR1 USR2
# What the shell itself has to say ("Terminated") is not the job's output.
exec 3>&2 2>/dev/null
stat=
read -r stat </proc/self/stat
# The job may write where the notes are, too: what is no file gives way to one, and is neither waited for nor followed. Should a FIFO
# come in between, `<>` does not wait for a reader of it.
clear() {
  for file; do
    if test -h "$directory/$file" || { test -e "$directory/$file" && ! test -f "$directory/$file"; }; then rm -rf "${directory:?}/$file"; fi
  done
}
clear container-runner
# A supervisor that comes after a killed recording parent finds the runner by this.
printf '%s\n%s\n%s\n' "$$" "$boot" "$stat" >"$directory/container-runner"
# Runs a command that has noted its own pid: it is found also where the runner was killed just then.
# shellcheck disable=SC2016
noted='printf "%s\n" "$$" 1<>"$0"; exec "$@"'
# Waits for a child whatever signals come in between.
await() {
  while :; do
    wait "$1"
    code=$?
    test "$code" -gt 128 || return 0
    kill -0 "$1" || return 0
  done
}
# A rename: a reader sees all of it or nothing.
finish() {
  rm -f "$directory/container-pulling" "$directory/container-env"
  until clear container-end container-end.new; rm -f "$directory/container-end.new"; printf '%s\n' "$1" 1<>"$directory/container-end.new" && mv -f "$directory/container-end.new" "$directory/container-end"; do
    test -d "$directory" || exit 1
    sleep 1
  done
  exit "$2"
}
# The runner that made the container noted it; where the job took the note away, the engine knows.
isDirect() {
  test -e "$directory/container-direct" || test "$("$engine" inspect --type container --format '{{.HostConfig.LogConfig.Type}}' "$name")" = passthrough
}
if "$direct" && test "$mode" != run; then isDirect || direct=false; fi
if test "$mode" = run; then launch "$@"; else succeed; fi
rm -f "$directory/container-env"
if test "$mode" = kill; then stop; fi
see
if test $? = 2; then
  "$engine" rm -f "$name" >/dev/null
  printf 'the command that was to start the container was killed\n' >"$directory/container-error"
  finish 'engine 137' 125
fi
set -f
# shellcheck disable=SC2086
set -- $state
finish "exited $2 $3" "$2"
