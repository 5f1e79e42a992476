# Runs before a job with limits: it sets each limit on itself and then executes the program.
#
# Called with: DIRECTORY strict|bestEffort [WHAT VALUE NAME]... -- PROGRAM [ARGUMENT...]
#
# Order of effects: the limits in their order, that of file sizes last. A limit that the system refuses is recorded in `limits-missed`,
# and the job does not start unless the mode is bestEffort. Only with `watch`, for a group that vanishes with its last process, does the
# shell stay: it writes the path of the group to `group-scope` before the job runs and the group's counters to `group-end` after it, and
# exits with the job's code. A crash in between leaves no `group-end`: the memory of that attempt is unknown.

_stint_directory=$1 _stint_mode=$2 _stint_group=
shift 2
while test "$1" != --; do
  # Every shell that is used as /bin/sh has the options n, c, v and f.
  # shellcheck disable=SC3045
  case $1 in
    # 0 is the writing process, in any pid namespace.
    join) printf '0\n' >"$2/cgroup.procs" ;;
    unset) unset "$2" ;;
    watch)
      while IFS=: read -r _stint_number _stint_names _stint_path; do
        test "$_stint_number" != 0 || _stint_group=$2$_stint_path
      done </proc/self/cgroup
      printf '%s\n' "$_stint_group" >"$_stint_directory/group-scope" ;;
    *) ulimit "-$1" "$2" ;;
  esac 2>/dev/null || {
    printf '%s\n' "$3" >>"$_stint_directory/limits-missed"
    test "$_stint_mode" = bestEffort || exit 125
  }
  shift 3
done
shift
test -n "$_stint_group" || exec "$@"
trap : HUP INT QUIT TERM USR1 USR2
( exec "$@" )
_stint_code=$?
# Nothing is forked: the job may have left no process available.
{
  while read -r _stint_line; do printf '%s\n' "$_stint_line"; done <"$_stint_group/memory.events"
  read -r _stint_line <"$_stint_group/memory.peak" && printf 'peak %s\n' "$_stint_line"
} >"$_stint_directory/group-end" 2>/dev/null
exit "$_stint_code"
