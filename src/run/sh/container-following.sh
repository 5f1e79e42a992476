# The part of the container runner that follows the container to its end and sees that its output is whole: `see` gives 2 where it
# never ran, else 0, with the words of the last look in `state`. `container-logs` and `container-wait` name the engine's commands, for
# the next runner to end; a crash leaves logs that the next runner writes from the start, as the engine has them.

# Gives the process that a file names. A pid may be another's by now, and between two programs it shows no arguments.
finds() { pid=; read -r pid <"$directory/$1"; isOurs "$pid" || { kill -0 "$pid" && sleep 0.1 && isOurs "$pid"; }; }
isOurs() { test -n "$1" && grep -qa -e "$name" "/proc/$1/cmdline"; }
forget() {
  for file in output.log stdout.log stderr.log; do
    test ! -f "$directory/$file" || : >"$directory/$file"
  done
}
# Of its own, the engine is to say nothing in between; what it says where it fails is written over.
said() { "$engine" --log-level fatal logs "$@" "$name" 3>&-; }
# Has the engine's output followed, unless it is; one that cannot be followed is not asked for ever.
copy() {
  ! "$direct" || return 0
  if test -n "$copying"; then
    ! isThere "$copying" || return 0
    endCopy
    # A command that was killed says nothing of the next.
    test "$followed" -gt 128 || failures=$((failures + 1))
  fi
  test "$failures" -lt 20 || return 0
  clear container-logs
  ! "$written" || forget
  written=true
  /bin/sh -c "$noted" "$directory/container-logs" "$engine" --log-level fatal logs -f "$name" 2>&3 3>&- &
  copying=$!
}
# Waits for the end of what follows the output; a TERM ends it.
endCopy() {
  following=$copying
  wake
  await "$copying"
  followed=$code copying='' following=''
}
# Waits for the container to end, or for a while; a TERM ends the wait.
doze() {
  if "$visible"; then
    # A short job's end is noticed at once, and a long one costs little to watch.
    sleep "$doze" 3>&- &
    dozes=$((dozes + 1))
    test "$dozes" -lt 240 || doze=1
  else
    clear container-wait
    /bin/sh -c "$noted" "$directory/container-wait" "$engine" wait "$name" >/dev/null 3>&- &
  fi
  following=$!
  wake
  await "$following"
  following=''
}
# Of a TERM that came just before, the trap knew no command to end.
wake() { if "$stopping" && ! "$asked"; then kill -KILL "$following"; fi; }
# What followed the container may have lost lines: podman's does where it is behind at the end, and says nothing of it.
isWhole() {
  test "$followed" = 0 || return 1
  # Of one that is over its cap the end counts: all of it may take minutes to read, only to be cut once more. Of two that share
  # what the engine gives, not even that can be told apart.
  if isCut output; then test "$(said --tail 50 2>&1)" = "$(tail -n 50 "$directory/output.log")"; return $?; fi
  ! isCut stdout && ! isCut stderr || return 0
  if test -f "$directory/output.log"; then said 2>&1 | cmp -s - "$directory/output.log"; return $?; fi
  said 2>/dev/null | cmp -s - "$directory/stdout.log" && said 2>&1 >/dev/null | cmp -s - "$directory/stderr.log"
}
isCut() { grep -q '^\[stint: [0-9]* bytes were cut here\]$' "$directory/$1.log"; }
# After the end: the output is as the engine has it. Where that is a journal it may be behind, and only what follows waits for it.
take() {
  asked=true
  clear container-error
  ! "$direct" || return 0
  hush
  if test "$followed" != 0; then
    copy
    hush
  fi
  ! isWhole || return 0
  failures=0
  while test "$failures" -lt 20; do
    forget
    ! said 2>&3 || return 0
    failures=$((failures + 1))
    sleep 0.1
  done
  # The engine cannot give it: its words are not the job's.
  forget
  ! said 2>"$directory/container-error" || cat "$directory/container-error" >&3
}
# The last lines may be on their way. Podman's `logs -f` (3.4 to 5.0 at the least) waits for ever for an end that came between its
# look at the container and its look out for events.
hush() {
  test -n "$copying" || return 0
  tenths=0
  while test "$tenths" -lt 50 && isThere "$copying"; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  ! isThere "$copying" || kill -KILL "$copying"
  endCopy
}
see() {
  failures=0 followed=137 copying='' dozes=0 doze=0.25
  while :; do
    settle
    case $? in
      0) take; return 0 ;;
      2) return 2 ;;
    esac
    ! stop || continue
    copy
    doze
    while "$visible" && isThere "$pid" && { "$asked" || ! "$stopping"; }; do
      copy
      doze
    done
  done
}
# Ends what an earlier runner left behind, and waits for the command that is just making the container.
succeed() {
  written=true
  for note in container-logs container-wait; do
    if finds "$note"; then kill -KILL "$pid"; fi
  done
  while finds container-starter; do
    if test "$mode" = kill; then kill -KILL "$pid"; fi
    sleep 0.1
  done
}
