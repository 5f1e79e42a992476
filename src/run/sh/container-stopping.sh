# The part of the container runner that looks at the container and ends it: `settle` waits until the engine says what became of it,
# `stop` passes a TERM on, once, or kills where that is the runner's mode. Neither writes a result: after a crash the next runner, in
# mode `stop` or `kill`, asks the engine again.

# The words of the last look are kept apart from what a failed start said.
look() {
  rm -rf "$directory/container-look"
  "$engine" inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.Id}} {{.State.Pid}}' "$name" 2<>"$directory/container-look"
}
isGone() { test -f "$directory/container-look" && grep -qi 'no such \(container\|object\)' "$directory/container-look"; }
# 0: it does not run any more, 1: it runs, 2: it never ran. What the engine said is in `state`.
settle() {
  vanished=0
  while :; do
    state=$(look)
    looked=$? pause=1
    if test "$looked" = 0; then
      case $state in
        running* | paused* | restarting* | stopping* | removing*)
          hasVanished || return 1
          # The engine hears of the end a moment later; it never does where the container's monitor was killed.
          test "$vanished" -lt 32 || finish dead 1
          vanished=$((vanished + 1))
          if test "$vanished" -gt 20; then pause=5; else pause=0.1; fi ;;
        created* | configured* | initialized*) return 2 ;;
        *) return 0 ;;
      esac
    elif isGone; then
      # A command that was killed before it had made the container left none behind.
      test -s "$directory/cid" || finish 'engine 137' 125
      finish lost 1
    # The engine does not answer: what becomes of the container is not known before it does. A look that was killed is no answer.
    elif test "$looked" -gt 128; then pause=0.1
    fi
    sleep "$pause"
  done
}
# True for a pid that is no zombie; forks nothing.
isThere() {
  stat=
  read -r stat <"/proc/$1/stat"
  case ${stat##*) } in '' | [ZX]*) return 1 ;; esac
}
# True where the first process of a container that the engine says to run is gone. Not where this machine never saw it: the engine
# may be on another one. Its control group is named after the container, and so tells it from another process of that pid.
hasVanished() {
  pid=${state##* } id=${state% *}
  visible=false
  clear container-pid
  if isThere "$pid" && grep -qF -e "${id##* }" "/proc/$pid/cgroup"; then
    visible=true
    printf '%s\n' "$pid" >"$directory/container-pid"
    return 1
  fi
  seen=
  read -r seen <"$directory/container-pid"
  test "$seen" = "$pid"
}
# What PID 1 of a container is first, the engine's runtime, hears a TERM and forgets it: the variables are the job's from when
# the container's own program runs. An engine that is another user's does not show them; runc then says its name.
isBegun() {
  grep -qa -e "STINT_TOKEN=$STINT_TOKEN" "/proc/$1/environ"
  case $? in
    0) return 0 ;;
    1) return 1 ;;
  esac
  ! grep -q '^Name:.runc' "/proc/$1/status"
}
# To PID 1 of a container a TERM is nothing before it is caught or blocked (pid_namespaces(7)): its init gets a moment.
hear() {
  tenths=0
  # At most half of the grace: the other half is the job's.
  while test "$tenths" -lt 50 && test "$tenths" -lt "$((grace * 5))" && test -e "/proc/$1/status"; do
    if isBegun "$1" && grep -q '^Sig\(Blk\|Cgt\):.*[4-7c-f]...$' "/proc/$1/status"; then return 0; fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
}
# 1 where there is nothing to stop. A further TERM, of the next supervisor, may end the command that asks before it has asked.
stop() {
  if test "$mode" = kill; then "$engine" kill --signal KILL "$name" >/dev/null || sleep 0.1
  elif "$stopping" && ! "$asked"; then
    settle
    test $? = 1 || return 0
    hear "${state##* }"
    asked=true; "$engine" stop -t "$grace" "$name" >/dev/null || { asked=false; sleep 0.1; }
  else return 1
  fi
  return 0
}
