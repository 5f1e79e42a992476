# The `srun` of a job that came as an sbatch script: runs its words in place of itself, as the one task of one node. Options that place
# tasks on nodes have no effect; those that would start several tasks are refused, as stint starts each job once.
#
# Called with: [OPTION...] COMMAND [ARGUMENT...]

refuse() {
  printf 'srun: Cannot run: %s\n' "$1" >&2
  printf '  %s\n' "$2" >&2
  exit 1
}

single='stint starts one task: start the others in the script, by mpirun or torchrun, or in the background and with wait'

count() {
  case $2 in
  1 | 1-*) ;;
  *) refuse "$1 is $2, wanted 1" "$single" ;;
  esac
}

# The patterns of sbatch in the name of a file.
named() {
  printf '%s\n' "$1" | sed "s|%j|$SLURM_JOB_ID|g; s|%J|$SLURM_JOB_ID.0|g; s|%A|${SLURM_ARRAY_JOB_ID-$SLURM_JOB_ID}|g
s|%a|${SLURM_ARRAY_TASK_ID-0}|g; s|%x|$SLURM_JOB_NAME|g; s|%[nst]|0|g; s|%N|$SLURMD_NODENAME|g; s|%u|$(id -un)|g"
}

# Variables of a list such as ALL,NAME=VALUE; the others are inherited anyway.
exported() {
  list=$1,
  while [ -n "$list" ]; do
    one=${list%%,*} list=${list#*,}
    case $one in
    *=*) export "${one?}" ;;
    NONE | NIL) refuse "--export is $1, wanted ALL or NAME=VALUE" "for an empty environment: srun env -i COMMAND" ;;
    esac
  done
}

tasks=${SLURM_NTASKS-1} output='' error=''
while [ $# -gt 0 ]; do
  case $1 in
  --) shift && break ;;
  --*=*) name=${1%%=*} value=${1#*=} ;;
  -h | -l | -u | -v | -Q | -q | -E | -k | -K | -s | -O | -Z | -H | -X | --label | --unbuffered | --verbose | --quiet | --exclusive | --exact | --overlap | --overcommit | \
    --oversubscribe | --pty | --kill-on-bad-exit | --no-kill | --preserve-env | --disable-status | --contiguous | --spread-job | --use-min-nodes | --interactive)
    shift
    continue
    ;;
  --multi-prog) refuse "--multi-prog starts several tasks" "$single" ;;
  --*) name=$1 value=${2-} && [ $# -gt 1 ] && shift ;;
  -?) name=$1 value=${2-} && [ $# -gt 1 ] && shift ;;
  -?*) name=${1%"${1#-?}"} value=${1#-?} ;;
  *) break ;;
  esac
  shift
  case $name in
  -n | --ntasks) tasks=$value ;;
  --ntasks-per-node) count "$name" "$value" ;;
  -N | --nodes) count "$name" "$value" ;;
  -o | --output) output=$(named "$value") ;;
  -e | --error) error=$(named "$value") ;;
  -D | --chdir) cd "$value" || exit 1 ;;
  --export) exported "$value" ;;
  esac
done
count "the number of tasks" "$tasks"
[ $# -gt 0 ] || refuse "there is no command" "srun COMMAND"
export SLURM_NTASKS=1 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_STEP_ID="${SLURM_STEP_ID-0}"
# The link of `--output` leads to the log of the job: what is in it stays.
[ ! -h "$output" ] || exec >>"$output"
[ -z "$output" ] || [ -h "$output" ] || exec >"$output"
[ ! -h "$error" ] || exec 2>>"$error"
[ -z "$error" ] || [ -h "$error" ] || exec 2>"$error"
[ -z "$output" ] || [ -n "$error" ] || exec 2>&1
exec "$@"
