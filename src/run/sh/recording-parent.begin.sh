# The recording parent, part 1 of 3: from its start to the fork of the job. A small parent that every job gets; it owns `start` and
# `exit.json` of an attempt's directory, so that a job's start and end are on record without stint being alive.
#
# Called with: DIRECTORY UMASK BOOT-ID TOKEN GROUP PROGRAM [ARGUMENT...]
#
# Order of effects, and what a crash of the parent leaves:
# 1. It creates `start` with O_EXCL and writes who it is. Whichever process creates that file runs the attempt: where another one
#    did, or the disk is full, or the system gives no process for the job, the parent ends by SIGUSR1, and nothing ran.
# 2. It forks the job (part 2). A parent that is killed from here on leaves no result; the job's session, control group, descent and
#    token tell what is left of it.
# 3. It writes `exit.json` (part 3), over anything that the job put in its place, and makes the directory again where it was
#    removed. Where that cannot succeed, its own exit code is the job's, for a supervisor that is its parent.
#
# All that it is told travels in its environment, not in its arguments: a `pkill -f` by the name of the job's program would meet it
# there. It holds to what dash, bash and busybox do, and forks nothing but the job. Its variables have a prefix because one that the
# environment brings along stays exported: a plain `code` would change the job's own `code`.

# As /bin/sh, bash keeps what it has to say of the job to itself until all is over.
# shellcheck disable=SC3040
test -z "${BASH_VERSION-}" || set +o posix
# A signal to all processes of the machine is meant for the job; the parent outlives it to record what came of it. An action,
# unlike an ignored signal, is not passed on to the job.
_stint_term=false
trap '_stint_term=true' TERM
trap : HUP INT QUIT PIPE ALRM USR1 USR2
# What the shell itself has to say ("Killed") is not the job's output.
exec 3>&2 2>/dev/null
# Its own start time; macOS has no /proc, the line is empty there.
_stint_stat=
read -r _stint_stat </proc/self/stat
_stint_never() { trap - USR1; kill -USR1 $$; exit 1; }
# Writes the result: the job's status, whether a signal took the job, and whether the parent was told to end before that.
_stint_record() {
  umask 077
  PATH=/usr/bin:/bin:$PATH _stint_tries=0
  until
    # The rights of these are the parent's to give back.
    for _stint_path in "${1%/*/*}" "${1%/*}" "$1"; do { test -w "$_stint_path" && test -x "$_stint_path"; } || chmod u+rwx "$_stint_path"; done
    # Not where the whole home was removed.
    test -d "$1" || { test -d "${1%/*/*}" && mkdir -p "$1"; }
    { test -e "$1/exit.json" || test -h "$1/exit.json"; } && rm -rf "$1/exit.json"
    printf '{"status":%d,"signalled":%s,"sawTerm":%s,"token":"%s"}\n' \
      "$_stint_code" "$_stint_signalled" "$_stint_saw" "$4" >"$1/exit.json"
  do
    # A disk that is full, or takes no writes, is waited for; of what stands in the way, or is gone as a whole, some tries are enough.
    for _stint_path in "${1%/*}" "$1"; do
      test -d "$_stint_path" || { ! test -e "$_stint_path" && ! test -h "$_stint_path"; } || _stint_tries=$((_stint_tries + 1))
    done
    { test -d "${1%/*/*}" && ! test -d "$1/exit.json" && ! test -h "$1/exit.json"; } || _stint_tries=$((_stint_tries + 1))
    test "$_stint_tries" -lt 3 || break
    sleep 1
  done
  exit "$_stint_code"
}
# noclobber makes `>` open with O_EXCL.
set -C
command exec 4>"$1/start" || _stint_never
printf '%s\n%s\n%s\n%s\n' "$$" "$3" "$_stint_stat" "$5" >&4 || _stint_never
# Of a job that a signal took, the shell says so ("Killed"), and of one that exits with 137 it says nothing: there is no other way
# for a shell to tell them apart. What it says goes to the end of `start`.
exec 2>&4
# Told to end before the job was there: it is not begun, and recorded like a job that SIGTERM ended.
_stint_code=143 _stint_signalled=true _stint_saw=true
"$_stint_term" && _stint_record "$@"
# A shell that gets no process for the job ends, and where it does not say so.
trap _stint_never EXIT
unset _stint_begin
