# The recording parent, part 2 of 3: runs in the fork that becomes the job. It adds the job's own line to `start`, joins the job's
# control group, sets the umask and executes the program. A crash before the last line is an end of the job like any other: part 3
# records it.

_stint_stat=
{ read -r _stint_stat </proc/self/stat; } 2>/dev/null
printf '%s\n' "$_stint_stat" >&4
{ test -z "$5" || printf '0\n' >|"$5/cgroup.procs"; } 2>/dev/null
test -z "$2" || umask "$2"
unset _stint_job _stint_end
shift 5
# `exec` runs no built-in command of the same name, and umask and descriptors change for the job alone.
exec "$@" 2>&3 3>&- 4>&-
