# The part of the container runner that follows the container to its end and completes its output: `followToEnd` returns 2 where the
# container never ran, else 0, with the engine's last answer in `state`. `container-logs` and `container-wait` have the pids of the
# engine's commands, which the next runner ends. After a crash the next runner writes the logs again from the beginning, as the engine
# has them.

# Sets `pid` to the process that a file names. The pid may have been reused, and during execve(2) a process shows no arguments.
readPid() { pid=; read -r pid <"$directory/$1"; isOurs "$pid" || { kill -0 "$pid" && sleep 0.1 && isOurs "$pid"; }; }
isOurs() { test -n "$1" && grep -qa -e "$name" "/proc/$1/cmdline"; }
emptyLogs() {
  for file in output.log stdout.log stderr.log; do
    test ! -f "$directory/$file" || : >"$directory/$file"
  done
}
# The engine must not mix its own messages into the output; where it fails, its messages are overwritten.
engineLogs() { "$engine" --log-level fatal logs "$@" "$name" 3>&-; }
# Starts the command that follows the output, unless it runs; gives up after 20 failures.
followOutput() {
  ! "$direct" || return 0
  if test -n "$follower"; then
    ! isAlive "$follower" || return 0
    awaitFollower
    # A killed command does not count as a failure.
    test "$followCode" -gt 128 || failures=$((failures + 1))
  fi
  test "$failures" -lt 20 || return 0
  clear container-logs
  ! "$written" || emptyLogs
  written=true
  /bin/sh -c "$noted" "$directory/container-logs" "$engine" --log-level fatal logs -f "$name" 2>&3 3>&- &
  follower=$!
}
# Waits for the end of the command that follows the output; a TERM ends the wait.
awaitFollower() {
  waited=$follower
  endWaitIfStopping
  await "$follower"
  followCode=$code follower='' waited=''
}
# Waits until the container ends, or for a moment; a TERM ends the wait.
awaitEnd() {
  if "$visible"; then
    # A short job's end is noticed soon, and a long one costs little to watch.
    sleep "$interval" 3>&- &
    waits=$((waits + 1))
    test "$waits" -lt 240 || interval=1
  else
    clear container-wait
    /bin/sh -c "$noted" "$directory/container-wait" "$engine" wait "$name" >/dev/null 3>&- &
  fi
  waited=$!
  endWaitIfStopping
  await "$waited"
  waited=''
}
# A TERM may have come just before, when the trap had no command to end.
endWaitIfStopping() { if "$stopping" && ! "$asked"; then kill -KILL "$waited"; fi; }
# `logs -f` may have lost lines: podman's does where it is behind at the end, without an error.
isWhole() {
  test "$followCode" = 0 || return 1
  # For a log over its cap only the end is compared: reading all may take minutes, only to be cut again. With two logs, the engine's
  # last lines cannot be told apart.
  if isCut output; then test "$(engineLogs --tail 50 2>&1)" = "$(tail -n 50 "$directory/output.log")"; return $?; fi
  ! isCut stdout && ! isCut stderr || return 0
  if test -f "$directory/output.log"; then engineLogs 2>&1 | cmp -s - "$directory/output.log"; return $?; fi
  engineLogs 2>/dev/null | cmp -s - "$directory/stdout.log" && engineLogs 2>&1 >/dev/null | cmp -s - "$directory/stderr.log"
}
isCut() { grep -q '^\[stint: [0-9]* bytes were cut here\]$' "$directory/$1.log"; }
# After the end: makes the logs equal to the engine's. The engine's may be a journal that is behind; only `logs -f` waits for it.
completeOutput() {
  asked=true
  clear container-error
  ! "$direct" || return 0
  endFollower
  if test "$followCode" != 0; then
    followOutput
    endFollower
  fi
  ! isWhole || return 0
  failures=0
  while test "$failures" -lt 20; do
    emptyLogs
    ! engineLogs 2>&3 || return 0
    failures=$((failures + 1))
    sleep 0.1
  done
  # The engine cannot return the output: its messages are not the job's.
  emptyLogs
  ! engineLogs 2>"$directory/container-error" || cat "$directory/container-error" >&3
}
# Gives the last lines 5 s, then ends the command. Podman's `logs -f` (3.4 to 5.0 at least) waits for ever where the container ends
# between its check of the container and its subscription to events.
endFollower() {
  test -n "$follower" || return 0
  tenths=0
  while test "$tenths" -lt 50 && isAlive "$follower"; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  ! isAlive "$follower" || kill -KILL "$follower"
  awaitFollower
}
followToEnd() {
  failures=0 followCode=137 follower='' waits=0 interval=0.25
  while :; do
    awaitState
    case $? in
      0) completeOutput; return 0 ;;
      2) return 2 ;;
    esac
    ! stop || continue
    followOutput
    awaitEnd
    while "$visible" && isAlive "$pid" && { "$asked" || ! "$stopping"; }; do
      followOutput
      awaitEnd
    done
  done
}
# Ends the commands that an earlier runner left, and waits for one that is making the container.
takeOver() {
  written=true
  for note in container-logs container-wait; do
    if readPid "$note"; then kill -KILL "$pid"; fi
  done
  while readPid container-starter; do
    if test "$mode" = kill; then kill -KILL "$pid"; fi
    sleep 0.1
  done
}
