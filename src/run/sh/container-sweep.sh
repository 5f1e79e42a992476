# Removes the containers of a home that no open attempt owns, and keeps those of the present supervisor: it may make one while the
# engine is still listing. A crash between two removals leaves the rest to the next start.
#
# Called with: ENGINE HOME HOLDER [NAME-TO-KEEP...]

engine=$1 home=$2 holder=$3
shift 3
"$engine" ps -a --filter "label=stint.home=$home" --format '{{.Names}} {{.Labels}}' | while read -r name labels; do
  # Docker writes `name=value`, podman 4 a map with `name:value`.
  case $labels in *"stint.holder"[=:]"$holder"*) continue ;; esac
  case " $* " in *" $name "*) continue ;; esac
  "$engine" rm -f -v "$name"
done
