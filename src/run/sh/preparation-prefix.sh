# Runs before a job that needs something first: it lets stint prepare it, with stint's environment and not the job's, and then executes
# the job.
#
# Called with: STINT DIRECTORY PATH HOME TOKEN ENTER PROGRAM [ARGUMENT...]
#
# Order of effects: `stint prepare` does what preparation-order.json in the attempt's folder says, and writes how far it is and its result
# to preparation.json there. Where trackers need variables that were not known before, it writes them to tracking-variables, for the
# job alone. Where it refuses, or is killed, this exits with 125 and the job never runs; else it enters the folder ENTER,
# if there is one, and becomes the job. A signal ends it like any job.

/usr/bin/env -i "PATH=$3" "HOME=$4" "STINT_TOKEN=$5" "$1" prepare "$2" </dev/null || exit 125
# shellcheck source=/dev/null
test ! -f "$2/tracking-variables" || . "$2/tracking-variables"
test -z "$6" || cd -- "$6" || exit 125
shift 6
exec "$@"
