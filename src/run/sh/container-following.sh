# The part of the container runner that follows the container to its end and completes its output: `see` returns 2 where the container
# never ran, else 0, with the engine's last answer in `state`. `container-logs` and `container-wait` have the pids of the engine's
# commands, which the next runner ends. After a crash the next runner writes the logs again from the beginning, as the engine has them.

# Sets `pid` to the process that a file names. The pid may have been reused, and during execve(2) a process shows no arguments.
finds() { pid=; read -r pid <"$directory/$1"; isOurs "$pid" || { kill -0 "$pid" && sleep 0.1 && isOurs "$pid"; }; }
isOurs() { test -n "$1" && grep -qa -e "$name" "/proc/$1/cmdline"; }
forget() {
  for file in output.log stdout.log stderr.log; do
    test ! -f "$directory/$file" || : >"$directory/$file"
  done
}
# The engine must not mix its own messages into the output; where it fails, its messages are overwritten.
said() { "$engine" --log-level fatal logs "$@" "$name" 3>&-; }
# Starts the command that follows the output, unless it runs; gives up after 20 failures.
copy() {
  ! "$direct" || return 0
  if test -n "$copying"; then
    ! isThere "$copying" || return 0
    endCopy
    # A killed command does not count as a failure.
    test "$followed" -gt 128 || failures=$((failures + 1))
  fi
  test "$failures" -lt 20 || return 0
  clear container-logs
  ! "$written" || forget
  written=true
  /bin/sh -c "$noted" "$directory/container-logs" "$engine" --log-level fatal logs -f "$name" 2>&3 3>&- &
  copying=$!
}
# Waits for the end of the command that follows the output; a TERM ends the wait.
endCopy() {
  following=$copying
  wake
  await "$copying"
  followed=$code copying='' following=''
}
# Waits until the container ends, or for a moment; a TERM ends the wait.
doze() {
  if "$visible"; then
    # A short job's end is noticed soon, and a long one costs little to watch.
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
# A TERM may have come just before, when the trap had no command to end.
wake() { if "$stopping" && ! "$asked"; then kill -KILL "$following"; fi; }
# `logs -f` may have lost lines: podman's does where it is behind at the end, without an error.
isWhole() {
  test "$followed" = 0 || return 1
  # For a log over its cap only the end is compared: reading all may take minutes, only to be cut again. With two logs, the engine's
  # last lines cannot be told apart.
  if isCut output; then test "$(said --tail 50 2>&1)" = "$(tail -n 50 "$directory/output.log")"; return $?; fi
  ! isCut stdout && ! isCut stderr || return 0
  if test -f "$directory/output.log"; then said 2>&1 | cmp -s - "$directory/output.log"; return $?; fi
  said 2>/dev/null | cmp -s - "$directory/stdout.log" && said 2>&1 >/dev/null | cmp -s - "$directory/stderr.log"
}
isCut() { grep -q '^\[stint: [0-9]* bytes were cut here\]$' "$directory/$1.log"; }
# After the end: makes the logs equal to the engine's. The engine's may be a journal that is behind; only `logs -f` waits for it.
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
  # The engine cannot return the output: its messages are not the job's.
  forget
  ! said 2>"$directory/container-error" || cat "$directory/container-error" >&3
}
# Gives the last lines 5 s, then ends the command. Podman's `logs -f` (3.4 to 5.0 at least) waits for ever where the container ends
# between its check of the container and its subscription to events.
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
# Ends the commands that an earlier runner left, and waits for one that is making the container.
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
