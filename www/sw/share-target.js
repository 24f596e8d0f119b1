/**
 * Receives files that another app shares, stores them until the page requests them, and opens the page. Any site can send a
 * form to this address: the page asks the user before it keeps anything.
 */

const CACHE = 'shared';
/** The maximum number of files and bytes. */
const MOST_FILES = 100;
const MOST_BYTES = 1 << 30;
/** Files that no page has requested within this time are deleted. */
const FORGOTTEN_MS = 3_600_000;

export function listenForShares() {
  self.addEventListener('fetch', (/** @type {any} */ event) => {
    const scope = new URL('./', self.location.href);
    const isShare = event.request.method === 'POST' && event.request.url === new URL('share', scope).href;
    if (isShare) event.respondWith(take(event.request, scope));
  });
}

/**
 * @param {Request} request
 * @param {URL} scope
 */
async function take(request, scope) {
  let shared = '';
  try {
    shared = await keep((await request.formData()).getAll('file'), scope);
  } catch (error) {
    // The form is invalid or the storage is full: the page opens and reports that nothing was received.
    console.info(error);
  }
  return Response.redirect(new URL(`?shared=${shared}`, scope), 303);
}

/**
 * @param {FormDataEntryValue[]} entries
 * @param {URL} scope
 * @returns {Promise<string>} the key of the stored files; empty if there are none
 */
async function keep(entries, scope) {
  // An empty field sends a file without name and content.
  const isChosen = (/** @type {FormDataEntryValue} */ entry) => entry instanceof File && (entry.name !== '' || entry.size > 0);
  const files = /** @type {File[]} */ (entries.filter(isChosen)).slice(0, MOST_FILES);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const cache = await caches.open(CACHE);
  const now = Date.now();
  for (const { url } of await cache.keys()) {
    const [time] = url.slice(new URL('shared/', scope).href.length).split('-');
    if (!(now - Number(time) < FORGOTTEN_MS)) await cache.delete(url);
  }
  if (files.length === 0 || bytes > MOST_BYTES) return '';
  const share = `${now}-${crypto.randomUUID()}`;
  for (const [i, file] of files.entries()) {
    const headers = { 'Content-Type': file.type, 'X-Name': encodeURIComponent(file.name) };
    await cache.put(new URL(`shared/${share}/${i}`, scope), new Response(file, { headers }));
  }
  return share;
}
