#!/usr/bin/env bash
# Builds the pages into a folder, web/dist unless another one is given. The names of the files are fixed, so that the folder can be
# committed and compared: a file that is loaded later is named after its module, and what several files share is in chunk.js.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-dist}
rm -rf "$out"
mkdir -p "$out"
# Modules of the TypeScript client find its dependencies in node_modules of this folder.
NODE_PATH=node_modules go tool -modfile=../tools/go.mod esbuild src/app.tsx src/app.css \
	--bundle --splitting --format=esm --target=es2022 --minify --legal-comments=none --log-level=warning \
	--jsx=automatic --jsx-import-source=preact \
	--entry-names='[name]' --chunk-names='[name]' --outdir="$out"
cp src/index.html src/icon.svg "$out"

# The service worker names the build, so that browsers fetch all files again when one of them has changed.
export LC_ALL=C # the same order of the files everywhere
files=("$out"/*.{css,js,svg})
build=$(cat "$out/index.html" "${files[@]}" | node -e 'process.stdin.pipe(require("crypto").createHash("sha256").setEncoding("hex")).pipe(process.stdout)')
list=$(printf ',"/assets/%s"' "${files[@]##*/}")
go tool -modfile=../tools/go.mod esbuild worker/serviceWorker.ts --target=es2022 --minify --log-level=warning \
	--define:FILES="[${list#,}]" --define:BUILD="\"$build\"" --outfile="$out/service-worker.js"
