/**
 * The page as an installed app: the service worker and its updates, files that the system opens with the app, and files that
 * other apps share with it.
 */
import { scriptAddress } from '../common/trusted-scripts.js';

/**
 * `opened` are files that the user opens with the app; `shared` come through the share target, to which any site can send a
 * form. `update` reports a new version: a message, and a function that reloads the page with it.
 * @typedef {{ update: (message: string, reload: () => void) => void, opened: (files: File[]) => void,
 *   shared: (files: File[]) => void }} PwaCallbacks
 */

const READY = 'A new version of Impasto is ready.';
const STARTED = 'Another tab has started a new version of Impasto. This tab uses the old version until you reload it.';
/** How long to wait until a new service worker takes control, in milliseconds. */
const PATIENCE_MS = 20_000;
/** The delay before a failed installation is tried again, in milliseconds. */
const RETRY_MS = [60_000, 600_000, 3_600_000];

/** @param {PwaCallbacks} callbacks */
export async function setUpPwa(callbacks) {
  listenForInstallation();
  openLaunched(callbacks.opened);
  if (!('serviceWorker' in navigator)) return;
  const updates = new Updates(navigator.serviceWorker, callbacks);
  await openShared(callbacks.shared).catch((error) => console.info(error));
  await updates.register();
}

/**
 * Stores the files of the engine in use with the files of the page, so that both work offline. Resolves when all of them are
 * stored: never without a service worker.
 * @param {string[]} files relative to the page
 */
export async function keepEngine(files) {
  if (!('serviceWorker' in navigator)) return new Promise(() => {});
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => resolve(undefined);
    const send = () => {
      if (active?.state !== 'activated') return;
      active.removeEventListener('statechange', send);
      active.postMessage({ type: 'KEEP', files }, [port2]);
    };
    active?.addEventListener('statechange', send);
    send();
  });
}

/** Tracks the versions of the page: the current one, and a newer one that waits or that another tab has activated. */
export class Updates {
  /** Whether this tab has requested the new version. */
  #asked = false;
  #failures = 0;

  /**
   * @param {ServiceWorkerContainer} container
   * @param {PwaCallbacks} callbacks
   */
  constructor(container, callbacks) {
    this.container = container;
    this.callbacks = callbacks;
    let controller = container.controller;
    container.addEventListener('controllerchange', () => {
      const next = container.controller;
      // Browsers also report that a service worker which controls the page already has been activated, or is gone.
      if (!next || next === controller) return;
      // The first service worker does not replace another one, so the page is up to date.
      if (controller) this.#started();
      controller = next;
    });
  }

  async register() {
    try {
      const registration = await this.container.register(scriptAddress('sw.js'));
      if (registration.waiting && replacesAnother(registration, registration.waiting)) this.#offer(registration, registration.waiting);
      if (registration.installing) this.#follow(registration, registration.installing);
      registration.addEventListener('updatefound', () => {
        if (registration.installing) this.#follow(registration, registration.installing);
      });
    } catch (error) {
      // Without a service worker, as in some private windows, the page works, but not offline.
      console.info(error);
    }
  }

  /**
   * @param {ServiceWorkerRegistration} registration
   * @param {ServiceWorker} worker the one that is being installed
   */
  #follow(registration, worker) {
    let installed = false;
    worker.addEventListener('statechange', () => {
      if (worker.state === 'installed') {
        installed = true;
        if (replacesAnother(registration, worker)) this.#offer(registration, worker);
      }
      if (worker.state === 'redundant' && !installed) this.#retry();
    });
  }

  /** Retries the installation. The browser itself retries only on the next visit. */
  #retry() {
    const wait = RETRY_MS[this.#failures++];
    if (wait === undefined) return;
    setTimeout(async () => {
      try {
        const registration = await this.container.getRegistration();
        await (registration ? registration.update() : this.register());
      } catch (error) {
        console.info(error);
      }
    }, wait);
  }

  /**
   * A new version is installed. It is activated when the user agrees.
   * @param {ServiceWorkerRegistration} registration
   * @param {ServiceWorker} worker
   */
  #offer(registration, worker) {
    worker.addEventListener('statechange', () => worker.state === 'activated' && this.#started());
    this.callbacks.update(READY, () => this.#take(registration));
  }

  /** @param {ServiceWorkerRegistration} registration */
  #take(registration) {
    const { waiting } = registration;
    this.#asked = true;
    // Another tab may have activated it, or a newer version may exist.
    if (!waiting) {
      location.reload();
      return;
    }
    waiting.addEventListener('statechange', () => {
      if (waiting.state === 'activated' || waiting.state === 'redundant') location.reload();
    });
    setTimeout(() => location.reload(), PATIENCE_MS);
    waiting.postMessage({ type: 'SKIP_WAITING' });
  }

  /** A new version is active, at the request of this tab or of another one. */
  #started() {
    if (this.#asked) location.reload();
    else this.callbacks.update(STARTED, () => location.reload());
  }
}

/**
 * Whether a service worker is a new version. The first one replaces none. It may be active already when the page receives the
 * event that it is installed.
 * @param {ServiceWorkerRegistration} registration
 * @param {ServiceWorker} worker
 */
function replacesAnother({ active }, worker) {
  return active !== null && active !== worker;
}

/** Opens files that were shared with the app, which the service worker has stored. @param {(files: File[]) => void} open */
async function openShared(open) {
  const share = new URLSearchParams(location.search).get('shared');
  if (share === null) return;
  const url = new URL(location.href);
  url.searchParams.delete('shared');
  history.replaceState(null, '', url);
  const cache = await caches.open('shared');
  const folder = new URL(`shared/${encodeURIComponent(share)}/`, document.baseURI).href;
  const kept = (await cache.keys()).filter((request) => share && request.url.startsWith(folder));
  const files = await Promise.all(
    kept.map(async (request) => {
      const response = await cache.match(request);
      await cache.delete(request);
      const name = nameIn(response?.headers.get('X-Name')) || 'Shared picture';
      const type = response?.headers.get('Content-Type') ?? '';
      return new File(response ? [await response.blob()] : [], name, { type });
    }),
  );
  open(files);
}

/** @param {string | null | undefined} text */
function nameIn(text) {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return '';
  }
}

/** Opens files that the system passes to the installed app. @param {(files: File[]) => void} open */
function openLaunched(open) {
  const queue = Reflect.get(window, 'launchQueue');
  queue?.setConsumer(async (/** @type {{ files: { getFile: () => Promise<File> }[] }} */ { files }) => {
    if (files.length > 0) open(await Promise.all(files.map((handle) => handle.getFile())));
  });
}

/** Shows the install button, where the browser supports it. */
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
