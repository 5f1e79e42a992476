export const SHELLS = ["bash", "zsh", "fish"] as const;

const BASH = `# stint completion for bash
_stint() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=($(compgen -W "$(stint completion candidates -- "\${before[@]}" 2>/dev/null | cut -f1)" -- "$current"))
  # Behind KEY= stands its value.
  [[ "\${COMPREPLY[*]}" == *[=.] ]] && compopt -o nospace 2>/dev/null
}
complete -o default -F _stint stint
`;

const ZSH = `#compdef stint
# stint completion for zsh
_stint() {
  local -a candidates
  candidates=("\${(@f)$(stint completion candidates -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null | sed 's/:/\\\\:/g; s/\\t/:/')}")
  _describe 'stint' candidates
  _files
}
compdef _stint stint
`;

const FISH = `# stint completion for fish
function __stint_candidates
    set -l words (commandline -opc)
    set -e words[1]
    stint completion candidates -- $words 2>/dev/null
end
complete -c stint -a '(__stint_candidates)'
`;

/** The script that a shell sources; it asks the program itself for the candidates, so that it never goes stale. */
export function completionScript(shell: (typeof SHELLS)[number]): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
