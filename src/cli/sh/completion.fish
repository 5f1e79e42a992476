# stint completion for fish: asks the program what can stand at the cursor, and leaves files and other commands to fish.
function __stint_complete
    set -l typed (commandline -opc)
    set -l raw (commandline -ct)
    set -l current (string unescape -- "$raw")
    or set current (string replace -r '^["\']' '' -- "$raw")
    set -l answer (stint complete fish -- $typed[2..] "$current" 2>/dev/null)
    set -l kept (string match -r -- '^-[^=]*=' "$raw")
    or set kept ''
    set -l path (string replace -- "$kept" '' "$raw")
    switch "$answer[1]"
        case words
            string join \n -- $answer[2..]
        case files
            string join \n -- $kept(__fish_complete_path "$path")
        case folders
            string join \n -- $kept(__fish_complete_directories "$path" '')
        case taskFiles
            set -l paths $kept(__fish_complete_path "$path")
            # All files where there is neither a YAML file nor a script.
            string match -r -- '^[^\t]*(?:\.(?:ya?ml|sh|bash|py|slurm|sbatch)|/)(?:\t.*)?$' $paths
            or string join \n -- $paths
        case 'command *'
            set -l first (math (string replace 'command ' '' -- "$answer[1]") + 2)
            set -l command $typed[$first..]
            complete -C (string join ' ' -- (string escape -- $command) "$raw")
    end
end
complete -c stint -f -a '(__stint_complete)'
