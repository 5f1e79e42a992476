# What the first process of a pid namespace becomes, as of a container without an init: a shell. A process that loses its parent there
# becomes a child of the first one, which has to collect it when it ends, and a shell that waits does so for every child.
#
# Called with: PROGRAM [ARGUMENT...]
#
# It passes on what asks it to leave, and ends as the program does. An interrupt is passed on as a TERM: what a shell starts in the
# background ignores interrupts. Its own end is the end of the namespace.

exec 3<&0
"$@" <&3 3<&- &
child=$!
trap 'kill -TERM "$child"' TERM INT QUIT
trap 'kill -HUP "$child"' HUP
# A signal ends the wait, not the child.
while wait "$child"; code=$?; kill -0 "$child" 2>/dev/null; do :; done
exit "$code"
