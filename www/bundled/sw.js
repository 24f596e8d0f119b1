/**
 * The service worker: keeps every file of the page, so that a version is there whole or not at all, and works without a
 * network. A new version waits until the page, asked by the user, sends `SKIP_WAITING`.
 */
import { cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { listenForShares } from './share-target.js';

// Before the other one, which answers everything that it does not know with the page.
listenForShares();
cleanupOutdatedCaches();
// The address carries settings; the file is the same.
precacheAndRoute(FILES, { ignoreURLParametersMatching: [/./] });

self.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data?.type === 'SKIP_WAITING') Reflect.get(self, 'skipWaiting').call(self);
});
