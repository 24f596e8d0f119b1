/**
 * The service worker: caches all files of a version of the page, so that a version is complete and works offline. Each file is
 * verified against its hash while it is downloaded; a mismatch fails the installation, which the browser retries later. A new
 * version waits until the page, at the user's request, sends `SKIP_WAITING`. The files of an engine are cached when a page
 * that uses it sends `KEEP`.
 */
import { PrecacheController } from 'workbox-precaching/PrecacheController.js';
import { EngineFiles } from './engine-files.js';
import { withHeaders } from './headers.js';
import { listenForShares } from './share-target.js';
import { Versions } from './versions.js';

const controller = new PrecacheController();
controller.addToCacheList(FILES.map(({ url, sha256 }) => ({ url, revision: sha256, integrity: `sha256-${sha256}` })));
const engineFiles = new EngineFiles(ENGINE_FILES, controller.strategy.cacheName);
const versions = new Versions(VERSION, new Map([...controller.getURLsToCacheKeys(), ...engineFiles.keys]), controller.strategy.cacheName);

listenForShares();

self.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(install(event));
});

self.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(versions.activated()));

self.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  const address = addressOf(request.url);
  if (request.method !== 'GET' || !versions.files.has(address)) return;
  event.respondWith(answer(event, address));
  if (request.mode === 'navigate') event.waitUntil(versions.tidy());
});

self.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data?.type === 'SKIP_WAITING') Reflect.get(self, 'skipWaiting').call(self);
  if (event.data?.type === 'KEEP') event.waitUntil(keep(event));
});

/** @param {any} event */
async function install(event) {
  await versions.installing();
  await controller.install(event);
  await engineFiles.install();
}

/** Caches the files of an engine, and answers when they are cached. @param {any} event a message */
async function keep({ data, ports }) {
  await engineFiles.keep(data.files);
  ports[0]?.postMessage('kept');
}

/** The address of a file without parameters, which are settings. @param {string} url */
function addressOf(url) {
  const address = new URL(url);
  address.search = '';
  address.hash = '';
  if (address.pathname.endsWith('/')) address.pathname += 'index.html';
  return address.href;
}

/**
 * @param {any} event
 * @param {string} address
 */
async function answer(event, address) {
  const key = await versions.keyFor(event, address);
  const cache = await caches.open(controller.strategy.cacheName);
  const kept = key && (await cache.match(key));
  if (kept) return withHeaders(kept);
  // The browser may have evicted the file. Only an identical file is accepted from the network.
  const sha256 = key && new URL(key).searchParams.get('__WB_REVISION__');
  return withHeaders(await fetch(address, { credentials: 'same-origin', integrity: sha256 ? `sha256-${sha256}` : '' }));
}
