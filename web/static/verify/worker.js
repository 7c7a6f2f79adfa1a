// Keeps the verifier on the device, and answers from there: it opens without a network. FILES and VERSION stand above.

const KEPT = `sise-verifier-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(KEPT).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("sise-verifier-") && name !== KEPT);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const wanted = url.pathname + url.search;
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  // The lists are asked for anew each time; the page keeps them itself.
  if (FILES.includes(wanted)) event.respondWith(answer(wanted, event.request));
});

// A page from the network where there is one, so that a new version is seen; scripts belong to their version.
async function answer(wanted, request) {
  const cache = await caches.open(KEPT);
  if (request.mode === "navigate") {
    const fresh = await fetch(request).catch(() => null);
    if (fresh && fresh.ok) return fresh;
  }
  return (await cache.match(wanted)) || fetch(request);
}
