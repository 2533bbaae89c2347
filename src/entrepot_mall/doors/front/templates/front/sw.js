// Keeps only what is the same for everybody. Pages, carts, orders and addresses never go into a cache.
const KEPT = {{ kept|safe }};
const NAME = "shell-" + KEPT.join("|");
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(KEPT[0])));
  } else if (KEPT.includes(url.pathname + url.search)) {
    event.respondWith(caches.match(event.request).then((found) => found || fetch(event.request)));
  }
});
