#compdef stint
# stint completion for zsh: asks the program what can stand at the cursor, and leaves files and other commands to zsh.
_stint() {
  local line word meaning
  local -a answer typed open closed
  typed=()
  ((CURRENT > 2)) && typed=("${(@Q)words[2,CURRENT-1]}")
  answer=("${(@f)$(stint complete zsh -- "${typed[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case $answer[1] in
    words)
      for line in "${(@)answer[2,-1]}"; do
        word=${${line%%$'\t'*}//\\/\\\\}
        meaning=${line#*$'\t'}
        word=${word//:/\\:}${meaning:+:$meaning}
        if [[ $line == *[=.]$'\t'* ]]; then open+=("$word"); else closed+=("$word"); fi
      done
      # The order of the program has the newest first.
      ((${#open})) && _describe -V 'stint' open -S ''
      ((${#closed})) && _describe -V 'stint' closed
      ;;
    files | folders | taskFiles)
      [[ $PREFIX == -*=* ]] && compset -P '*='
      case $answer[1] in
        files) _files ;;
        folders) _files -/ ;;
        taskFiles) _files -g '*.(yaml|yml|sh|bash|py|slurm|sbatch)(-.)' ;;
      esac
      ;;
    command*)
      words=("${(@)words[${answer[1]#* } + 2,-1]}")
      ((CURRENT -= ${answer[1]#* } + 1))
      _normal
      ;;
  esac
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
  _stint "$@"
else
  # Without a start-up file that does so, the completion system is not loaded. With -i it ignores folders that others can write to.
  (($+functions[compdef])) || { autoload -Uz compinit && compinit -i; }
  compdef _stint stint
fi
