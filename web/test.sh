#!/usr/bin/env bash
# Tests the pages: first the logic of src/*.test.ts, then test/*.test.mjs in the system's Chromium.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# shellcheck disable=SC2046 # The names of the tests have no spaces.
NODE_PATH=node_modules go tool -modfile=../tools/go.mod esbuild $(find src -name '*.test.ts') \
	--bundle --platform=node --format=esm --out-extension:.js=.mjs --outdir="$out" --log-level=warning
# A file that takes longer than 10 minutes hangs.
node --test --test-timeout=600000 "$out" test/
