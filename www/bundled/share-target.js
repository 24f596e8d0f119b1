/**
 * Takes a picture that another program shares with the installed app, keeps it until the page asks for it, and opens the
 * page.
 */
export function listenForShares() {
  self.addEventListener('fetch', (/** @type {any} */ event) => {
    const scope = new URL('./', self.location.href);
    const isShare = event.request.method === 'POST' && event.request.url === new URL('share', scope).href;
    if (isShare) event.respondWith(keep(event.request, scope));
  });
}

/**
 * @param {Request} request
 * @param {URL} scope
 */
async function keep(request, scope) {
  const file = (await request.formData()).get('file');
  if (file instanceof File) {
    const cache = await caches.open('shared');
    const headers = { 'Content-Type': file.type, 'X-Name': encodeURIComponent(file.name) };
    await cache.put(new URL('shared', scope), new Response(file, { headers }));
  }
  return Response.redirect(new URL('?shared', scope), 303);
}
