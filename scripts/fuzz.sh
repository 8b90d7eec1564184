#!/usr/bin/env bash
# Fuzzes every fuzz test for a while, one after the other: scripts/fuzz.sh 30s [PATTERN]
# What it finds is written below the package's testdata/fuzz and runs with the ordinary tests from then on.
set -u
each=${1:-30s}
pattern=${2:-.}
code=0
while IFS=: read -r file name; do
	printf '== %s in %s\n' "$name" "$(dirname "$file")"
	go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "$each" || code=1
done < <(git ls-files '*_test.go' | xargs grep -Ho '^func Fuzz[A-Za-z0-9_]*' | sed 's/:func /:/' | grep -E -- "$pattern")
exit $code
