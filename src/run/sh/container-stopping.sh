# The part of the container runner that asks for the container's state and ends it: `awaitState` waits until the engine knows the
# state; `stop` passes a TERM on, once, or kills in mode `kill`. A crash in `stop` leaves no result: the next runner, in mode `stop` or
# `kill`, asks the engine again.

# The error output goes to a file of its own, as `container-error` may have the error of a failed start.
inspectState() {
  rm -rf "$directory/container-look"
  "$engine" inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.Id}} {{.State.Pid}}' "$name" 2<>"$directory/container-look"
}
isGone() { test -f "$directory/container-look" && grep -qi 'no such \(container\|object\)' "$directory/container-look"; }
# Returns 0: it has ended, 1: it runs, 2: it never ran; the engine's answer is in `state`. Finishes with `lost` where it is gone.
awaitState() {
  vanished=0
  while :; do
    state=$(inspectState)
    inspectCode=$? pause=1
    if test "$inspectCode" = 0; then
      case $state in
        running* | paused* | restarting* | stopping* | removing*)
          hasVanished || return 1
          # The engine notices the end a moment later, and never where the container's monitor was killed.
          test "$vanished" -lt 32 || finish dead 1
          vanished=$((vanished + 1))
          if test "$vanished" -gt 20; then pause=5; else pause=0.1; fi ;;
        created* | configured* | initialized*) return 2 ;;
        *) return 0 ;;
      esac
    elif isGone; then
      # The command was killed before it made the container.
      test -s "$directory/cid" || finish 'engine 137' 125
      finish lost 1
    # The engine does not answer, so the state is unknown. A killed command is asked again sooner.
    elif test "$inspectCode" -gt 128; then pause=0.1
    fi
    sleep "$pause"
  done
}
# True for a pid that is no zombie; forks nothing.
isAlive() {
  stat=
  read -r stat <"/proc/$1/stat"
  case ${stat##*) } in '' | [ZX]*) return 1 ;; esac
}
# True where the first process of a container that the engine calls running has ended. False where this machine never had it: the engine
# may be on another one. The control group has the container's name, which excludes a process that reuses the pid.
hasVanished() {
  pid=${state##* } id=${state% *}
  visible=false
  clear container-pid
  if isAlive "$pid" && grep -qF -e "${id##* }" "/proc/$pid/cgroup"; then
    visible=true
    printf '%s\n' "$pid" >"$directory/container-pid"
    return 1
  fi
  seen=
  read -r seen <"$directory/container-pid"
  test "$seen" = "$pid"
}
# PID 1 of a container is first the engine's runtime, which discards a TERM. It has the job's variables once the container's own program
# runs. The environment of another user's engine is unreadable; then the process name `runc` tells.
isJobStarted() {
  grep -qa -e "STINT_TOKEN=$STINT_TOKEN" "/proc/$1/environ"
  case $? in
    0) return 0 ;;
    1) return 1 ;;
  esac
  ! grep -q '^Name:.runc' "/proc/$1/status"
}
# The kernel discards a TERM to PID 1 of a container that neither handles nor blocks it (pid_namespaces(7)): its init gets a moment.
awaitTermHandler() {
  tenths=0
  # At most half of the grace period: the other half is the job's.
  while test "$tenths" -lt 50 && test "$tenths" -lt "$((grace * 5))" && test -e "/proc/$1/status"; do
    if isJobStarted "$1" && grep -q '^Sig\(Blk\|Cgt\):.*[4-7c-f]...$' "/proc/$1/status"; then return 0; fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
}
# Returns 1 where there is nothing to stop. A second TERM, of the next supervisor, may kill `engine stop` before it took effect.
stop() {
  if test "$mode" = kill; then "$engine" kill --signal KILL "$name" >/dev/null || sleep 0.1
  elif "$stopping" && ! "$asked"; then
    awaitState
    test $? = 1 || return 0
    awaitTermHandler "${state##* }"
    asked=true; "$engine" stop -t "$grace" "$name" >/dev/null || { asked=false; sleep 0.1; }
  else return 1
  fi
  return 0
}
