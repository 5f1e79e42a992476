# Removes the containers of a home that no open attempt owns. Those of the present supervisor stay: it may make one while the engine is
# still listing. A crash between two removals leaves the rest to the next start.
#
# Called with: ENGINE HOME SUPERVISOR [NAME-TO-KEEP...]

engine=$1 home=$2 supervisor=$3
shift 3
"$engine" ps -a --filter "label=stint.home=$home" --format '{{.Names}} {{.Labels}}' | while read -r name labels; do
  # Docker writes `name=value`, podman 4 a map with `name:value`.
  case $labels in *"stint.holder"[=:]"$supervisor"*) continue ;; esac
  case " $* " in *" $name "*) continue ;; esac
  "$engine" rm -f -v "$name"
done
