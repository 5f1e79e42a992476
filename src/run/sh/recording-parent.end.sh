# The recording parent, part 3 of 3: from the end of the job to the result on disk. It tells an exit code from a signal by the shell's
# message in `start`, adds the CPU time there, then writes `exit.json` and exits with the job's code. A crash before the write leaves no result.

_stint_code=$? _stint_signalled=false
trap - EXIT
# A TERM from here on, as during the wait for a full disk, does not concern the job.
_stint_saw=$_stint_term
if test "$_stint_code" -gt 128; then
  # The descriptor still works where the job has removed the file.
  _stint_said='' _stint_notes=/proc/$$/fd/4
  test -e "$_stint_notes" || _stint_notes=$1/start
  { for _stint_line in 1 2 3 4 5 6; do read -r _stint_said; done; } <"$_stint_notes"
  test -z "$_stint_said" || _stint_signalled=true
fi
# The CPU time of the job, for a supervisor that is not its parent. A failing disk costs no more than that.
command times >&4
_stint_record "$@"
