import { byId } from '../../common/dom.js';
import { messageOf } from '../../common/errors.js';
import { setUserNetwork, deleteUserNetwork, isInMemoryOnly, userNetwork, titleOf } from './user-network.js';
import { formatBytes } from '../../common/text.js';

/**
 * @import { Preferences } from './preferences.js'
 * @import { VggNetwork } from '../protocol.js'
 */

const DEFAULT_TEXT =
  'An archive of VGG16 or VGG19 that “impasto weights import” has made: choose it, or drop it here. It stays on this device.';

/** Chooses the VGG network: the built-in one, or one from a file of the user, which can be stored and deleted here. */
export class NetworkPicker {
  #select = byId('optimize-network', HTMLSelectElement);
  #own = byId('user-network', HTMLElement);
  #text = byId('user-network-text', HTMLElement);
  #choose = byId('user-network-choose', HTMLButtonElement);
  #remove = byId('user-network-remove', HTMLButtonElement);
  #file = byId('user-network-file', HTMLInputElement);
  /** @type {VggNetwork | undefined} the network of the user */
  #network;
  #busy = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.#select.addEventListener('change', () => this.#show());
    this.#choose.addEventListener('click', () => this.#file.click());
    this.#remove.addEventListener('click', () => this.#remove_());
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file) this.setFile(file);
    });
  }

  /** @param {Preferences['network']} choice */
  async fill(choice) {
    this.#select.value = choice;
    this.#show();
    this.#network = await userNetwork();
    this.#show();
  }

  /** @returns {Preferences['network']} */
  get choice() {
    return this.#select.value === 'own' ? 'own' : 'page';
  }

  /** The user's network, if it is chosen. @returns {VggNetwork | undefined} */
  get network() {
    return this.choice === 'own' ? this.#network : undefined;
  }

  /** A message about a missing file, or an empty string. */
  get validationError() {
    if (this.choice === 'page' || this.#network) return '';
    return this.#busy ? 'The file is being checked.' : 'Choose the file of the network, or use the network that comes with the page.';
  }

  /** Checks and stores a file, and chooses its network. @param {File} file */
  async setFile(file) {
    this.#select.value = 'own';
    if (this.#busy) return;
    this.#busy = true;
    this.#show(`Checking “${file.name}” …`);
    let refused = '';
    try {
      this.#network = await setUserNetwork(file);
    } catch (error) {
      refused = messageOf(error);
    }
    this.#busy = false;
    this.#show(refused);
  }

  async #remove_() {
    await deleteUserNetwork();
    this.#network = undefined;
    this.#select.value = 'page';
    this.#show();
    this.#select.focus();
  }

  /** @param {string} [message] a message that replaces the default text */
  #show(message) {
    const network = this.#network;
    this.#own.hidden = this.choice === 'page' && !network;
    this.#text.textContent = message || (network ? describe(network) : DEFAULT_TEXT);
    this.#text.classList.toggle('refusal', Boolean(message) && !this.#busy);
    this.#choose.textContent = network ? 'Another …' : 'Choose the file …';
    this.#choose.disabled = this.#busy;
    this.#remove.hidden = !network;
    this.#remove.disabled = this.#busy;
    this.changed();
  }
}

/** @param {VggNetwork} network */
function describe({ name, file, bytes }) {
  const where = isInMemoryOnly() ? 'as long as this tab is open' : 'kept on this device';
  return `${titleOf(name)} from “${file}”, ${formatBytes(bytes)}, ${where}.`;
}
