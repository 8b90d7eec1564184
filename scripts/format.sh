#!/usr/bin/env bash
# Fails and names the files when Go sources are not as gofmt writes them.
set -u
found=$(git ls-files -co --exclude-standard '*.go' | xargs -r gofmt -l) || exit 1
[ -z "$found" ] && exit 0
printf 'Not formatted (make format mends it):\n%s\n' "$found" >&2
exit 1
