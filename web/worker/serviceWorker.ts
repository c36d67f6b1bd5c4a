/**
 * Serves the pages while the server is away, so that a station that is reloaded without a network still takes scans. It keeps the
 * files of one build, and never what the API returns. While the server answers, every file comes from the server. Browsers run
 * service workers only over HTTPS and on localhost.
 */

/** The files of this build, which build.sh inserts with the SHA-256 of their contents, one after the other. */
declare const FILES: readonly string[];
declare const BUILD: string;
declare const self: ServiceWorkerGlobalScope;

const cacheName = `routecard-${BUILD}`;
/** The pages: all of them are the same file, whose script shows the page of the path. */
const pages = /^\/(jobs\/.+|units\/.+|floor|board|labels|insights|settings)?$/;
const page = "/";

/** How long a file of the server is waited for before the kept one is used, in milliseconds. */
const patience = 3000;
/** What a reverse proxy answers while the server is away. */
const awayStatuses: readonly number[] = [502, 503, 504];

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (pages.test(pathname)) event.respondWith(load(request, page));
  } else if (FILES.includes(pathname)) event.respondWith(load(request, pathname));
});

/** Keeps the files of this build. It fails if the server has files of another build, as during a rolling upgrade; the browser tries again. */
async function install(): Promise<void> {
  const paths = [page, ...FILES];
  const responses = await Promise.all(paths.map((path) => fetch(path, { cache: "no-cache" })));
  const contents = new Blob(await Promise.all(responses.map((response) => response.clone().blob())));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await contents.arrayBuffer()));
  const build = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (build !== BUILD) throw new Error("The files of the server are of another build");
  const cache = await caches.open(cacheName);
  await Promise.all(responses.map((response, index) => cache.put(paths[index] ?? page, response)));
  await self.skipWaiting();
}

/** Removes the files of earlier builds, and takes over the pages that are open. */
async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("routecard-") && name !== cacheName).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Returns the file of the server, or the kept one if the server does not answer. */
async function load(request: Request, path: string): Promise<Response> {
  const asked = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
  const response = await Promise.race([asked, late]).catch(() => undefined);
  if (response && !awayStatuses.includes(response.status)) return response;
  const cache = await caches.open(cacheName);
  return (await cache.match(path, { ignoreVary: true })) ?? asked;
}
