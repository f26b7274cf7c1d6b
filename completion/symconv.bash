# bash completion for symconv

_symconv()
{
	local cur prev words cword
	_init_completion -s || return

	case $prev in
	--buildid-dir | --cache | --debug-dir | --symfs)
		_filedir -d
		return
		;;
	--kallsyms | --vmlinux | -o | --output)
		_filedir
		return
		;;
	--demangle)
		mapfile -t COMPREPLY < <(compgen -W 'short full none' -- "$cur")
		return
		;;
	--raw)
		mapfile -t COMPREPLY < <(compgen -W 'address offset' -- "$cur")
		return
		;;
	--label)
		mapfile -t COMPREPLY < <(compgen -W 'tid cpu timestamp_ns cgroup execution_mode' -- "$cur")
		return
		;;
	--stats)
		mapfile -t COMPREPLY < <(compgen -W 'json' -- "$cur")
		return
		;;
	--comm | --cpu | --event | --fetch-budget | -j | --jobs | --max-unresolved | --pid | --tid | --time)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--buildid-dir --cache --comm --cpu
			--debug-dir --demangle --event --fetch-budget --help --jobs --kallsyms --label
			--max-unresolved --no-cache --no-inline --offline
			--output --pid --quiet --raw --stats --stats=json --symfs --tid
			--time --verbose --version --vmlinux' -- "$cur")
		return
	fi
	_filedir
} &&
	complete -F _symconv symconv
