# Stands before a job with limits: it sets each limit on itself and then becomes the program.
#
# Called with: DIRECTORY strict|bestEffort [WHAT VALUE NAME]... -- PROGRAM [ARGUMENT...]
#
# Order of effects: the limits in their order, the one of file sizes last; one that the system refuses is noted in `limits-missed`,
# and the job does not start unless it is bestEffort. Only `watch`, for a group that vanishes with its last process, makes the shell
# stay: `group-scope` names the group before the job runs, `group-end` what it counted, and the shell ends as the program did.
# A crash in between leaves no `group-end`: the memory of that attempt is not known.

_stint_directory=$1 _stint_mode=$2 _stint_group=
shift 2
while test "$1" != --; do
  # Each shell that is /bin/sh somewhere knows the letters n, c, v and f.
  # shellcheck disable=SC3045
  case $1 in
    # 0 is the writer itself, in whatever namespace of pids.
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
# Nothing is forked: the job may have left no room for one more process.
{
  while read -r _stint_line; do printf '%s\n' "$_stint_line"; done <"$_stint_group/memory.events"
  read -r _stint_line <"$_stint_group/memory.peak" && printf 'peak %s\n' "$_stint_line"
} >"$_stint_directory/group-end" 2>/dev/null
exit "$_stint_code"
