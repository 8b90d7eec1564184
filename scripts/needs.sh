#!/usr/bin/env bash
# Installs the Debian packages that the tests run against, where they are missing:
#
#   postgresql   a throwaway cluster for the store's tests
#   chromium     the browser of the browser tests
#   gcc          the race detector links with it
#
# Nothing is skipped for want of them: a machine where they cannot be installed fails here, and says what to do.
set -u

missing=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
command -v gcc >/dev/null 2>&1 || missing+=(gcc libc6-dev)
[ ${#missing[@]} -eq 0 ] && exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "The tests need these packages, and there is no sudo here. As root: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	root=(sudo)
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "The tests need ${missing[*]} (Debian's names). Install them with this system's package manager." >&2
	exit 1
fi

echo "Installing ${missing[*]} (needed by the tests)"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get -qq update && "${root[@]}" apt-get -qq install --no-install-recommends -y "${missing[@]}" >/dev/null || {
	echo "Could not install ${missing[*]}. Install them by hand and run this again." >&2
	exit 1
}
