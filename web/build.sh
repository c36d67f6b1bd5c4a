#!/usr/bin/env bash
# Builds the pages into a folder. Defaults to web/dist. The names of the files are fixed, so that the folder can be committed and
# compared: a file that is loaded later has the name of its module, and chunk.js has the code that several files share.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-dist}
rm -rf "$out"
mkdir -p "$out"
# The modules of the TypeScript client load their dependencies from node_modules of this folder.
NODE_PATH=node_modules go tool -modfile=../tools/go.mod esbuild src/app.tsx src/app.css \
	--bundle --splitting --format=esm --target=es2022 --minify --legal-comments=none --log-level=warning \
	--jsx=automatic --jsx-import-source=preact \
	--entry-names='[name]' --chunk-names='[name]' --outdir="$out"
cp src/index.html src/icon.svg "$out"

# The service worker contains a name of the build, so that browsers fetch all files again when one of them has changed.
export LC_ALL=C # the same order of the files everywhere
files=("$out"/*.{css,js,svg})
build=$(cat "$out/index.html" "${files[@]}" | node -e 'process.stdin.pipe(require("crypto").createHash("sha256").setEncoding("hex")).pipe(process.stdout)')
list=$(printf ',"/assets/%s"' "${files[@]##*/}")
go tool -modfile=../tools/go.mod esbuild worker/serviceWorker.ts --target=es2022 --minify --log-level=warning \
	--define:FILES="[${list#,}]" --define:BUILD="\"$build\"" --outfile="$out/service-worker.js"
