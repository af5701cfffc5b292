// Keeps the files of the page, so that it opens without a network and can say so. What the service
// answers is never kept.
const SHELL = "shell";
const FILES = ["/", "/assets/app.js", "/assets/app.css", "/assets/edit.js", "/assets/settings.js", "/assets/de.js", "/assets/theme.js", "/assets/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** From the network, which is asked each time whether a file is the same; without it, what is kept. */
async function answer(request, name) {
  const cache = await caches.open(SHELL);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(name, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(name);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  const isPage = pathname === "/" || pathname === "/admin" || pathname.startsWith("/c/");
  if (isPage) event.respondWith(answer(event.request, "/"));
  else if (pathname.startsWith("/assets/")) event.respondWith(answer(event.request, pathname));
});
