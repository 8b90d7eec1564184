#!/usr/bin/env bash
# One stage of a longer run: says its name, runs the command, says how many seconds it took, and keeps them for the table at the end.
#
#   scripts/stage.sh NAME COMMAND [ARGUMENT …]    run a stage
#   scripts/stage.sh --begin                      forget the stages of an earlier run
#   scripts/stage.sh --table                      print the stages so far
set -u
times=${WARDLINE_STAGES:-bin/.stages}

case "${1:-}" in
--begin)
	mkdir -p "$(dirname "$times")"
	: >"$times"
	exit 0
	;;
--table)
	awk -F '\t' '{ printf "%-28s %6.1f s\n", $1, $2; all += $2 } END { printf "%-28s %6.1f s\n", "all stages", all }' "$times"
	exit 0
	;;
esac

name=$1
shift
mkdir -p "$(dirname "$times")"
printf '\n== %s\n' "$name"
start=$(date +%s.%N)
"$@"
code=$?
took=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
printf '%s\t%s\n' "$name" "$took" >>"$times"
if [ "$code" -ne 0 ]; then
	printf '== %s FAILED after %s s (exit %d)\n' "$name" "$took" "$code" >&2
	exit "$code"
fi
printf '== %s: %s s\n' "$name" "$took"
