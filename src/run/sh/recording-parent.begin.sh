# The recording parent, part 1 of 3: from its start to the fork of the job. Every job has one; it owns `start` and `exit.json` of an
# attempt's directory, so that a job's start and end are on record without stint being alive.
#
# Called with: DIRECTORY UMASK BOOT-ID TOKEN GROUP PROGRAM [ARGUMENT...]
#
# Order of effects, and what a crash of the parent leaves:
# 1. It creates `start` with O_EXCL and writes its identity. The process that creates that file runs the attempt: where another one
#    did, or the disk is full, or the system refuses a process for the job, the parent kills itself with SIGUSR1, and nothing ran.
# 2. It forks the job (part 2). A parent that is killed from here on leaves no result; the processes of the job are found by session,
#    control group, descent and token.
# 3. It writes `exit.json` (part 3), over anything that the job put in its place, and makes the directory again where it was
#    removed. Where that cannot succeed, its own exit code is the job's, for a supervisor that is its parent.
#
# Its input is in its environment and not in its arguments, where a `pkill -f` with the name of the job's program would match it. It uses
# only what dash, bash and busybox share, and forks nothing but the job. Its variables have a prefix because an inherited variable stays
# exported: a plain `code` would change the job's own `code`.

# In POSIX mode, bash reports a child killed by a signal only at its exit.
# shellcheck disable=SC3040
test -z "${BASH_VERSION-}" || set +o posix
# A signal to all processes of the machine is meant for the job; the parent survives it to record the result. A handler, unlike an ignored
# signal, is not inherited by the job.
_stint_term=false
trap '_stint_term=true' TERM
trap : HUP INT QUIT PIPE ALRM USR1 USR2
# The shell's own messages ("Killed") are not the job's output.
exec 3>&2 2>/dev/null
# Its own start time; empty on macOS, which has no /proc.
_stint_stat=
read -r _stint_stat </proc/self/stat
_stint_never() { trap - USR1; kill -USR1 $$; exit 1; }
# Writes the result: the job's status, whether a signal killed the job, and whether the parent got a TERM before that.
_stint_record() {
  umask 077
  PATH=/usr/bin:/bin:$PATH _stint_tries=0
  until
    # The job may have removed its own permissions; the parent restores them.
    for _stint_path in "${1%/*/*}" "${1%/*}" "$1"; do { test -w "$_stint_path" && test -x "$_stint_path"; } || chmod u+rwx "$_stint_path"; done
    # Not where the whole home was removed: it is not made again.
    test -d "$1" || { test -d "${1%/*/*}" && mkdir -p "$1"; }
    { test -e "$1/exit.json" || test -h "$1/exit.json"; } && rm -rf "$1/exit.json"
    printf '{"status":%d,"signalled":%s,"sawTerm":%s,"token":"%s"}\n' \
      "$_stint_code" "$_stint_signalled" "$_stint_saw" "$4" >"$1/exit.json"
  do
    # A full or failing disk is waited for. A foreign file in the way, or a removed home, gets three tries.
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
# For a job killed by a signal the shell prints a message ("Killed"), for one that exits with 137 it prints none: a shell has no other way
# to tell them apart. The message goes to the end of `start`.
exec 2>&4
# After a TERM before the fork the job is not started, and recorded like one that SIGTERM ended.
_stint_code=143 _stint_signalled=true _stint_saw=true
"$_stint_term" && _stint_record "$@"
# A shell that cannot fork exits: this trap records that nothing ran.
trap _stint_never EXIT
unset _stint_begin
