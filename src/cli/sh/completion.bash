# stint completion for bash: asks the program what can stand at the cursor, and leaves files and other commands to bash.

# Lets readline complete paths, which it quotes itself; bash before 4.0 does so always.
_stint_paths() {
  COMPREPLY=()
  compopt -o "$1" 2>/dev/null
}

# YAML files, scripts and folders; all files where there are none.
_stint_task_files() {
  local file ending
  if compopt -o filenames 2>/dev/null; then
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(
      for ending in yaml yml sh bash py slurm sbatch; do compgen -f -X "!*.$ending" -- "$1"; done
      compgen -d -- "$1"
    )
  fi
  ((${#COMPREPLY[@]} > 0)) || _stint_paths default
}

# The command of a job, from the word after --.
_stint_command() {
  local index word
  for ((index = 1; index < COMP_CWORD; index++)); do
    [[ ${COMP_WORDS[index]} == -- ]] && break
  done
  if declare -F _command_offset >/dev/null; then
    _command_offset $((index + 1))
    return
  fi
  if ((COMP_CWORD == index + 1)); then
    while IFS= read -r word; do
      printf -v word %q "$word"
      COMPREPLY+=("$word")
    done < <(compgen -c -- "$1")
  fi
  ((${#COMPREPLY[@]} > 0)) || _stint_paths default
}

_stint() {
  local kind word
  COMPREPLY=()
  if [[ $3 == *[\<\>] ]]; then
    _stint_paths default
    return 0
  fi
  {
    IFS= read -r kind
    while IFS= read -r word; do COMPREPLY+=("$word"); done
  } < <(stint complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  case $kind in
    words) [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=.] ]] && compopt -o nospace 2>/dev/null ;;
    files) _stint_paths default ;;
    folders) _stint_paths dirnames ;;
    taskFiles) _stint_task_files "$2" ;;
    command*) _stint_command "$2" ;;
  esac
  return 0
}

if type compopt >/dev/null 2>&1; then complete -F _stint stint; else complete -o default -F _stint stint; fi
