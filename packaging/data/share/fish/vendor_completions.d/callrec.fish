function __callrec_complete
    set -l words (commandline -opc) (commandline -ct)
    set -lx COMP_WORDS (string join \n -- $words | string collect -N)
    set -lx COMP_CWORD (math (count $words) - 1)
    set -lx _CALLREC_COMPLETE complete_fish
    set -l proposed ($words[1] 2>/dev/null)
    if test "$proposed" = /
        set -l option (string match -r '^--[a-z-]+=' -- $words[-1])
        set -l path (string replace -- "$option" '' $words[-1])
        __fish_complete_path $path | string replace -r -- '^' "$option"
    else
        printf '%s\n' $proposed
    end
end
complete -c callrec -f -a '(__callrec_complete)'
