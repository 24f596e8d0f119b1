/**
 * The page as an installed program: the service worker that keeps it, new versions, files that the system opens with it, and
 * files that other programs share with it.
 */
import { scriptAddress } from '../common/trusted-scripts.js';

/**
 * `opened` are files that the user has opened with the program; `shared` came through the share target, to which any site can
 * send a form. `update` hears of a new version: a message, and what loads the page anew with it.
 * @typedef {{ offline: () => void, update: (message: string, reload: () => void) => void, opened: (files: File[]) => void,
 *   shared: (files: File[]) => void }} Told
 */

const READY = 'A new version of Impasto is ready.';
const STARTED = 'A new version of Impasto was started in another tab. This tab goes on with the old one until it is reloaded.';
/** A worker that does not take over within this time has done so already, or never will. */
const PATIENCE_MS = 5000;
/** An installation that failed, as a file was not the one that belongs to the version, is tried again after this time. */
const RETRY_MS = [60_000, 600_000, 3_600_000];

/** @param {Told} told */
export async function setUpPwa(told) {
  listenForInstallation();
  openLaunched(told.opened);
  if (!('serviceWorker' in navigator)) return;
  const updates = new Updates(navigator.serviceWorker, told);
  await openShared(told.shared).catch((error) => console.info(error));
  await updates.register();
}

/** The versions of the page: this one, and a newer one that waits or that another tab has started. */
class Updates {
  /** Whether this tab has asked for the new version. */
  #asked = false;
  #failures = 0;

  /**
   * @param {ServiceWorkerContainer} container
   * @param {Told} told
   */
  constructor(container, told) {
    this.container = container;
    this.told = told;
    let controlled = container.controller !== null;
    container.addEventListener('controllerchange', () => {
      // The first worker takes over from nobody.
      if (controlled) this.#started();
      controlled = true;
    });
  }

  async register() {
    try {
      const registration = await this.container.register(scriptAddress('sw.js'));
      if (registration.active) this.told.offline();
      if (registration.waiting) this.#offer(registration, registration.waiting);
      if (registration.installing) this.#follow(registration, registration.installing);
      registration.addEventListener('updatefound', () => {
        if (registration.installing) this.#follow(registration, registration.installing);
      });
    } catch (error) {
      // Private windows and odd hosts have no service workers: the page works without, but not offline.
      console.info(error);
    }
  }

  /**
   * @param {ServiceWorkerRegistration} registration
   * @param {ServiceWorker} worker that is being installed
   */
  #follow(registration, worker) {
    let installed = false;
    worker.addEventListener('statechange', () => {
      if (worker.state === 'installed') {
        installed = true;
        if (registration.active) this.#offer(registration, worker);
      }
      if (worker.state === 'activated') this.told.offline();
      if (worker.state === 'redundant' && !installed) this.#retry();
    });
  }

  /** The browser itself tries again only with the next visit. */
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
   * A new version is there. It takes over when the user says so.
   * @param {ServiceWorkerRegistration} registration
   * @param {ServiceWorker} worker
   */
  #offer(registration, worker) {
    worker.addEventListener('statechange', () => worker.state === 'activated' && this.#started());
    this.told.update(READY, () => this.#take(registration));
  }

  /** @param {ServiceWorkerRegistration} registration */
  #take(registration) {
    const { waiting } = registration;
    this.#asked = true;
    // Another tab may have started it, or a still newer one may have come.
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

  /** A new version has taken over: from this tab if it has asked for that, else through another one. */
  #started() {
    if (this.#asked) location.reload();
    else this.told.update(STARTED, () => location.reload());
  }
}

/** What another program shared, which the service worker has kept. @param {(files: File[]) => void} open */
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

/** Files that the system opens with the installed program. @param {(files: File[]) => void} open */
function openLaunched(open) {
  const queue = Reflect.get(window, 'launchQueue');
  queue?.setConsumer(async (/** @type {{ files: { getFile: () => Promise<File> }[] }} */ { files }) => {
    if (files.length > 0) open(await Promise.all(files.map((handle) => handle.getFile())));
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
