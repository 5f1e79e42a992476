# The init of a pid namespace that has none, as in a container: `stint up`, `run` and `drain` as pid 1 execute this shell, which runs them
# as its child. Orphans of the namespace become children of pid 1, which has to reap them: a shell that waits reaps every child.
#
# Called with: PROGRAM [ARGUMENT...]
#
# It forwards TERM and HUP, and INT and QUIT as TERM, as background commands of a shell ignore interrupts. It exits with the code of the
# program, and its exit ends the namespace.

exec 3<&0
"$@" <&3 3<&- &
child=$!
trap 'kill -TERM "$child"' TERM INT QUIT
trap 'kill -HUP "$child"' HUP
# A signal interrupts the wait, and the child may still run.
while wait "$child"; code=$?; kill -0 "$child" 2>/dev/null; do :; done
exit "$code"
