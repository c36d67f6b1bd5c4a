#!/usr/bin/env bash
# Builds the image of the Dockerfile, and runs it as docs/guides/install.md describes. DOCKER=podman uses Podman instead of Docker. IMAGE
# is the name of an image that is already built, and RUN_ARGS are more arguments for `docker run`.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -ra docker <<<"${DOCKER:-docker}"
read -ra arguments <<<"${RUN_ARGS:-}"
docker() { command "${docker[@]}" "$@"; }
name=routecard-test-$$
image=${IMAGE:-$name}
finish() {
	docker rm --force "$name" >/dev/null 2>&1 || true
	docker volume rm "$name" >/dev/null 2>&1 || true
	[ -n "${IMAGE:-}" ] || docker rmi "$image" >/dev/null 2>&1 || true
}
trap finish EXIT

[ -n "${IMAGE:-}" ] || docker build --build-arg "COMMIT=$(git -c safe.directory='*' rev-parse HEAD)" --tag "$image" .
docker run --rm "${arguments[@]}" "$image" version
key=$(docker run --rm "${arguments[@]}" --volume "$name:/var/lib/routecard" "$image" keys create --name office --role write)
docker run --detach --name "$name" "${arguments[@]}" --publish 127.0.0.1:3000:3000 --volume "$name:/var/lib/routecard" "$image" >/dev/null
for _ in {1..150}; do
	if curl -fs http://127.0.0.1:3000/readyz >/dev/null; then break; fi
	sleep 0.2
done
# A large change, for which SQLite needs a file in /tmp.
{ echo Name,Quantity && seq -f 'Order %.0f,1' 30000; } |
	curl -fsS -o /dev/null -H "Authorization: Bearer $key" -H 'Content-Type: text/csv' --data-binary @- 'http://127.0.0.1:3000/api/jobs/import?mode=atomic'
docker stop --time 30 "$name" >/dev/null
status=$(docker inspect --format '{{.State.ExitCode}}' "$name")
[ "$status" = 0 ] || {
	docker logs "$name"
	echo "The server exited with status $status."
	exit 1
}
docker run --rm "${arguments[@]}" --volume "$name:/var/lib/routecard" "$image" check
echo "The image of the Dockerfile runs, keeps its data, and exits with 0."
