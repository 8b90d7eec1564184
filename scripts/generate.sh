#!/usr/bin/env bash
# Writes what is generated and committed: the OpenAPI document from the Go types, and the web client's types from the document.
#
#   scripts/generate.sh           write
#   scripts/generate.sh --check   write, and fail when that changed anything, or when a file is not committed
set -eu
files=(internal/httpapi/openapi.json web/src/api/schema.gen.ts)

next=$(mktemp)
trap 'rm -f "$next"' EXIT
go run ./cmd/wardline openapi >"$next"
cat "$next" >"${files[0]}"
npm --prefix web run --silent types

if [ "${1:-}" = --check ]; then
	git ls-files --error-unmatch -- "${files[@]}" >/dev/null
	git diff --exit-code -- "${files[@]}"
fi
