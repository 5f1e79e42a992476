# The part of the container runner that follows the container to its end and sees that its output is whole: `see` gives 2 where it
# never ran, else 0, with the words of the last look in `state`. `container-logs` names the command that follows, for the next runner
# to end; a crash leaves logs that the next runner writes from the start, as the engine has them.

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
# Podman's `logs -f` (3.4 to 5.0 at the least) waits for ever for an end that came between its look at the container and its
# look out for events. Ends itself with the command that it watches.
watch() {
  dozing=false pause=2
  trap 'if "$dozing"; then kill "$!"; fi; exit' TERM
  while doze $pause; do
    isOurs "$1" || return
    case $("$engine" inspect --type container --format '{{.State.Status}}' "$name") in
      exited | stopped | dead)
        # Its last lines may be on their way.
        doze 5
        ! isOurs "$1" || kill -KILL "$1"
        return ;;
    esac
    test "$pause" -ge 60 || pause=$((pause * 2))
  done
}
doze() {
  dozing=true
  sleep "$1" &
  wait "$!"
  dozing=false
}
follow() {
  clear container-logs
  if "$direct"; then /bin/sh -c "$noted" "$directory/container-logs" "$engine" wait "$name" >/dev/null 3>&- &
  else
    ! "$written" || forget
    written=true
    /bin/sh -c "$noted" "$directory/container-logs" "$engine" --log-level fatal logs -f "$name" 2>&3 3>&- &
  fi
  following=$!
  # Of a TERM that came just before, the trap knew no command to end.
  if "$stopping" && ! "$asked"; then kill -KILL "$following"; fi
  watch "$following" >/dev/null 3>&- &
  watcher=$!
  await "$following"
  followed=$code following=
  kill "$watcher"
}
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
  test "$followed" = 0 || follow
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
see() {
  failures=0 followed=
  while :; do
    settle
    case $? in
      0) take; return 0 ;;
      2) return 2 ;;
    esac
    # A TERM that came while the container was being made would else wait for its output to end.
    ! stop || continue
    if test "$failures" -lt 20; then
      follow
      # A command that was killed says nothing of the next; one that cannot follow is not asked for ever.
      test "$followed" -gt 128 || failures=$((failures + 1))
    else sleep 0.5
    fi
  done
}
# Ends what an earlier runner left behind, and waits for the command that is just making the container.
succeed() {
  written=true
  if finds container-logs; then kill -KILL "$pid"; fi
  while finds container-starter; do
    if test "$mode" = kill; then kill -KILL "$pid"; fi
    sleep 0.1
  done
}
