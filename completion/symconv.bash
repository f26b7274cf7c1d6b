# bash completion for symconv

_symconv()
{
	local cur prev words cword
	_init_completion -s || return

	case $prev in
	--baseline | --buildid-dir | --cache | --debug-dir | --perf-map-dir | --symfs)
		_filedir -d
		return
		;;
	--exe | --guest-kallsyms | --guest-vmlinux | --kallsyms | --kallsyms-unchecked | --vmlinux | -o | --output)
		_filedir
		return
		;;
	--demangle)
		mapfile -t COMPREPLY < <(compgen -W 'short full none' -- "$cur")
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'pprof folded top html svg speedscope gecko' -- "$cur")
		return
		;;
	--from)
		mapfile -t COMPREPLY < <(compgen -W 'perf.data pprof perf-script stacks bpftrace gperftools folded' -- "$cur")
		return
		;;
	--by)
		mapfile -t COMPREPLY < <(compgen -W 'function line' -- "$cur")
		return
		;;
	--folded-with)
		mapfile -t COMPREPLY < <(compgen -W 'comm pid tid kernel inline jit none' -- "$cur")
		return
		;;
	--raw)
		mapfile -t COMPREPLY < <(compgen -W 'address offset' -- "$cur")
		return
		;;
	--label)
		mapfile -t COMPREPLY < <(compgen -W 'tid cpu timestamp_ns cgroup execution_mode pmu' -- "$cur")
		return
		;;
	--stats)
		mapfile -t COMPREPLY < <(compgen -W 'json' -- "$cur")
		return
		;;
	--build-id | --cache-max | --comm | --cpu | --event | --fetch-budget | -j | --jobs | --max-regression | --max-size | --max-total | --max-unresolved | -n | --older-than | --pid | --tid | --time | --title | --type)
		return
		;;
	esac
	if [[ ${words[1]} == symbolize && $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--build-id --buildid-dir
			--cache --cache-max --debug-dir --demangle --exe --fetch-budget
			--help --jobs --json --no-cache --no-inline --offline
			--quiet --symfs --verbose' -- "$cur")
		return
	fi
	if [[ ${words[1]} == cache && $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--build-id --cache --debug-dir
			--help --jobs --json --kallsyms --kernel --max-size
			--older-than --quiet --verbose' -- "$cur")
		return
	fi
	if [[ ${words[1]} == cache && $cword == 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'add export import list prune
			show stats verify' -- "$cur")
		return
	fi
	if [[ $cur == -* ]]; then
		local own=
		[[ ${words[1]} == diff ]] && own='--max-regression --max-total --normalize'
		[[ ${words[1]} == report ]] && own=--baseline
		mapfile -t COMPREPLY < <(compgen -W "$own --buildid-dir --by --cache --cache-max --comm --cpu
			--cum --debug-dir --demangle --event --fetch-budget --folded-with --format --from --guest-kallsyms
			--guest-vmlinux --help
			--jobs --kallsyms --kallsyms-unchecked --label --max-unresolved --no-cache --no-inline --offline
			--output --per-thread --perf-map-dir --pid --quiet --raw --resymbolize --stats
			--stats=json --symfs --tid --time --title --type --verbose --version --vmlinux" -- "$cur")
		return
	fi
	if [[ $cword == 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'cache diff merge report symbolize top' -- "$cur")
	fi
	_filedir
} &&
	complete -F _symconv symconv
