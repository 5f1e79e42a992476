# The `sbatch` of a home of stint: its options and the lines of the script mean what `stint submit` takes them for.
#
# Called with: [OPTION...] [SCRIPT [ARGUMENT...]], and with `stint` and `home` set in the lines before.
: "${stint:?} ${home:?}"

is_parsable='' wrap=''
# The options for stint, each in quotes of the shell.
options=''
add() {
  options="$options '$(printf '%s' "$1" | sed "s/'/'\\\\''/g")'"
}
with_value() {
  case $1 in
  wrap) wrap=$2 ;;
  wckey | hint | distribution | network | profile | switches | tmp | acctg-freq | wait-all-nodes | export-file) ;;
  job-name) add "--name=$2" ;;
  *) add "--$1=$2" ;;
  esac
}
while [ $# -gt 0 ]; do
  case $1 in
  --parsable) is_parsable=yes ;;
  --) shift && break ;;
  --hold | --wait | --exclusive | --requeue | --no-requeue | --kill-on-invalid-dep) add "$1" ;;
  --quiet | --verbose | --contiguous | --overcommit | --oversubscribe | --reboot | --spread-job | --use-min-nodes | --no-kill | --ignore-pbs) ;;
  --version) echo 'slurm 24.05.0-stint' && exit ;;
  --*=*) name=${1%%=*} && with_value "${name#--}" "${1#*=}" ;;
  --*) with_value "${1#--}" "${2-}" && [ $# -gt 1 ] && shift ;;
  -H) add --hold ;;
  -W) add --wait ;;
  -[QvkOs]) ;;
  -V) echo 'slurm 24.05.0-stint' && exit ;;
  -?*)
    letter=${1#-} value=${1#-?}
    letter=${letter%"$value"}
    [ -n "$value" ] || { value=${2-} && [ $# -gt 1 ] && shift; }
    case $letter in
    A) name=account ;; a) name=array ;; b) name=begin ;; C) name=constraint ;; c) name=cpus-per-task ;;
    D) name=chdir ;; d) name=dependency ;; e) name=error ;; G) name=gpus ;; J) name=job-name ;; L) name=licenses ;;
    N) name=nodes ;; n) name=ntasks ;; o) name=output ;; p) name=partition ;; q) name=qos ;; t) name='time' ;;
    w) name=nodelist ;; x) name=exclude ;;
    *) printf 'sbatch: Cannot submit: the option -%s is unknown\n' "$letter" >&2 && exit 1 ;;
    esac
    with_value "$name" "$value"
    ;;
  *) break ;;
  esac
  shift
done
if [ -n "$wrap" ]; then
  eval "set -- $options -"
  ids=$(printf '#!/bin/sh\n#SBATCH --ntasks=1\n%s\n' "$wrap" | "$stint" submit --home "$home" --quiet "$@") || exit
else
  # The script, or what comes by stdin, and its arguments.
  add "${1--}"
  [ $# -lt 2 ] || add --
  while [ $# -gt 1 ]; do
    shift
    add "$1"
  done
  eval "set -- $options"
  ids=$("$stint" submit --home "$home" --quiet "$@") || exit
fi
# The first of an array stands for the array; the number of 000070-train is 70.
number=$(printf '%s\n' "$ids" | sed -n '1s/^0*\([0-9][0-9]*\).*/\1/p')
[ -n "$number" ] || { printf 'sbatch: Cannot submit: stint queued nothing\n' >&2 && exit 1; }
if [ -n "$is_parsable" ]; then printf '%s\n' "$number"; else printf 'Submitted batch job %s\n' "$number"; fi
