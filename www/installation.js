/**
 * The page as an installed program: the service worker that keeps it, new versions, files that the system opens with it.
 */

/**
 * @param {{ offline: () => void, update: (reload: () => void) => void, file: (file: File) => void }} tell
 */
export async function beInstallable(tell) {
  listenForInstallation();
  openLaunched(tell.file);
  if (!('serviceWorker' in navigator)) return;
  try {
    await openShared(tell.file);
    const registration = await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    if (registration.active) tell.offline();
    if (registration.waiting) offer(registration.waiting, tell.update);
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        // The first worker has nobody to take over from.
        if (worker.state === 'installed' && navigator.serviceWorker.controller) offer(worker, tell.update);
        if (worker.state === 'activated') tell.offline();
      });
    });
  } catch (error) {
    // Private windows and odd hosts have no service workers: the page works without, but not offline.
    console.info(error);
  }
}

/**
 * A new version is there. It takes over when the user says so, and the page is loaded anew with it.
 * @param {ServiceWorker} worker
 * @param {(reload: () => void) => void} update
 */
function offer(worker, update) {
  update(() => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    worker.postMessage({ type: 'SKIP_WAITING' });
  });
}

/** What another program shared, which the service worker has kept. @param {(file: File) => void} open */
async function openShared(open) {
  if (!new URLSearchParams(location.search).has('shared')) return;
  const url = new URL(location.href);
  url.searchParams.delete('shared');
  history.replaceState(null, '', url);
  const cache = await caches.open('shared');
  const address = new URL('shared', document.baseURI);
  const response = await cache.match(address);
  if (!response) return;
  await cache.delete(address);
  const name = decodeURIComponent(response.headers.get('X-Name') ?? '') || 'Shared picture';
  open(new File([await response.blob()], name, { type: response.headers.get('Content-Type') ?? '' }));
}

/** Files that the system opens with the installed program. @param {(file: File) => void} open */
function openLaunched(open) {
  const queue = Reflect.get(window, 'launchQueue');
  queue?.setConsumer(async (/** @type {{ files: { getFile: () => Promise<File> }[] }} */ { files }) => {
    const [handle] = files;
    if (handle) open(await handle.getFile());
  });
}

/** Shows the button that installs, where the browser offers it. */
function listenForInstallation() {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById('install'));
  /** @type {any} */
  let offered;
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offered = event;
    button.hidden = false;
  });
  addEventListener('appinstalled', () => (button.hidden = true));
  button.addEventListener('click', async () => {
    await offered?.prompt();
    button.hidden = true;
  });
}
