# The part of the container runner that makes the container: `launch FLAG...` pulls the image, then lets the engine start the
# container. It returns where the container may run, and finishes where the engine refused it or a TERM came first. A crash during
# the pull leaves no container; a crash after it may leave one, which the next runner finds by its name.

fetchImage() {
  case $pull in
    never) return 0 ;;
    # It was built on this machine or does not exist: no registry has that name.
    missing) case $image in localhost/*) return 0 ;; esac ;;
  esac
  case $pull in
    missing) ! "$engine" image inspect "$image" >/dev/null 2>&1 || return 0 ;;
  esac
  : >"$directory/container-pulling"
  rm -f "$directory/container-pulled"
  ( "$engine" pull --quiet "$image" >/dev/null 2>"$directory/container-error"; printf '%s\n' "$?" >"$directory/container-pulled" ) &
  child=$!
  tenths=0
  until test -s "$directory/container-pulled"; do
    if "$stopping"; then finish 'engine 143' 143; fi
    if test "$tenths" -ge "$((seconds * 10))"; then
      printf 'the image was not pulled within %s s\n' "$seconds" >"$directory/container-error"
      finish 'engine 124' 125
    fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
  wait "$child"
  read -r code <"$directory/container-pulled"
  test "$code" = 0 || finish "engine $code" 125
  rm -f "$directory/container-pulling"
}
# With a token that no attempt has: the container's monitor would count as a process of the attempt, by descent, and be killed with it.
run() {
  exec env STINT_TOKEN=engine /bin/sh -c "$noted" "$directory/container-starter" \
    "$engine" run -d --pull=never --cidfile "$directory/cid" --name "$name" "$@" 3>&-
}
start() {
  rm -f "$directory/cid"
  if "$direct"; then
    : >"$directory/container-direct"
    # The engine passes them to the container's user, which may be another one.
    chmod a+rw "$directory"/*.log
    run --log-level fatal --log-driver passthrough "$@" 2>&3 &
  else run "$@" >/dev/null 2>"$directory/container-error" &
  fi
  await "$!"
  if "$direct" && test "$code" != 0 && test "$code" -le 128; then moveToError; fi
}
# No job ran: the logs have the messages of the engine.
moveToError() {
  cat "$directory"/*.log >"$directory/container-error"
  emptyLogs
}
launch() {
  fetchImage
  if "$stopping"; then finish 'engine 143' 143; fi
  # An engine that uses systemd for its groups cannot have the attempt's group as parent: its own memory limit is used then.
  if test -n "$parent" && test "$("$engine" info --format "$manager")" = cgroupfs; then
    # Podman's monitor is in there too, with 3 MB of the 16 MiB that a container has at least, of which a thousandth is one point
    # (proc_pid_oom_score_adj(5)): were it chosen when memory runs out, it would not be known how the container ended.
    set -- --cgroup-parent "$parent" --oom-score-adj 200 "$@"
  elif test -n "$memory"; then
    set -- --memory "$memory" --memory-swap "$memory" "$@"
  fi
  start --init "$@"
  # Podman supports the driver since 4.0, and not for an engine on another machine.
  if "$direct" && test "$code" != 0 && grep -qi 'log driver\|passthrough' "$directory/container-error"; then
    "$engine" rm -f "$name" >/dev/null
    rm -f "$directory/container-direct"
    direct=false
    start --init "$@"
  fi
  # Debian's podman comes without the init program; then the job itself is PID 1.
  if test "$code" != 0 && grep -q 'container-init binary not found' "$directory/container-error"; then start "$@"; fi
  test "$code" = 0 || refused
}
# A killed command may have made its container all the same.
refused() {
  refusal=$code
  if test "$refusal" -gt 128; then
    awaitState
    test $? = 2 || return 0
  fi
  "$engine" rm -f "$name" >/dev/null
  finish "engine $refusal" "$refusal"
}
