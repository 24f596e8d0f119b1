import { byId } from '../common/dom.js';
import { messageOf } from '../common/errors.js';

/**
 * @import { BuiltinNetwork, EngineInfo, FrameMeasurement } from '../inference/protocol.js'
 */

/** @type {BuiltinNetwork[]} */
const NETWORKS = ['transfer26', 'arbitrary'];
/** Widths and heights of the photos: on a graphics card, and on the processor. @type {[number, number][]} */
const SIZES = [[256, 256], [512, 512], [1280, 720], [1920, 1080], [2048, 2048]];
const SLOW_SIZES = SIZES.slice(0, 2);

/** Whether the address opens the panel. */
export function isBenchInAddress() {
  return new URLSearchParams(location.search).has('bench');
}

/** The hidden panel that measures the engine on this machine, so that users can send figures of their graphics cards. */
export class BenchPanel {
  #dialog = byId('bench-dialog', HTMLDialogElement);
  #rows = byId('bench-rows', HTMLElement);
  #state = byId('bench-state', HTMLElement);
  #copy = byId('bench-copy', HTMLButtonElement);
  /** What was measured, as JSON, a line for the engine and one for each measurement. @type {string[]} */
  #lines = [];
  /** Whether the panel is open. */
  #isOpen = false;

  /** @param {{ measure: (network: BuiltinNetwork, width: number, height: number) => Promise<FrameMeasurement> }} client */
  constructor(client) {
    this.client = client;
    this.#dialog.addEventListener('close', () => (this.#isOpen = false));
    byId('bench-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#copy.addEventListener('click', () => this.#copyLines());
  }

  /** Opens the panel and measures. @param {EngineInfo} engine */
  async open(engine) {
    const { engine: kind, adapter, backend, software, half } = engine;
    this.#isOpen = true;
    this.#lines = [JSON.stringify({ engine: kind, adapter, backend, software, half, browser: navigator.userAgent })];
    byId('bench-engine', HTMLElement).textContent = kind === 'gpu' ? `${adapter} (${backend})` : 'The processor';
    this.#rows.replaceChildren();
    this.#copy.disabled = true;
    this.#dialog.showModal();
    const sizes = kind === 'gpu' && !software ? SIZES : SLOW_SIZES;
    for (const network of NETWORKS) {
      for (const [width, height] of sizes) {
        if (!this.#isOpen) return;
        this.#state.textContent = `Measuring ${network} at ${width} × ${height} …`;
        await this.#measure(network, width, height);
      }
    }
    this.#state.textContent = 'Milliseconds of a frame by itself, in a row, and of the first one.';
  }

  /** @param {BuiltinNetwork} network @param {number} width @param {number} height */
  async #measure(network, width, height) {
    const name = [network, `${width} × ${height}`];
    try {
      const times = await this.client.measure(network, width, height);
      const { aloneMs, inARowMs, firstMs, multiplyAdds } = times;
      const rate = (2 * multiplyAdds) / inARowMs / 1e6;
      this.#show([...name, ...[aloneMs, inARowMs, firstMs].map((ms) => ms.toFixed(1)), rate.toFixed(0)]);
      this.#lines.push(JSON.stringify({ network, width, height, ...times }));
    } catch (error) {
      this.#show([...name, messageOf(error)]);
      this.#lines.push(JSON.stringify({ network, width, height, problem: messageOf(error) }));
    }
    this.#copy.disabled = false;
  }

  /** @param {string[]} texts of a row; the last one takes the rest of the columns */
  #show(texts) {
    const cells = texts.map((textContent) => Object.assign(document.createElement('td'), { textContent }));
    cells[cells.length - 1].colSpan = 7 - cells.length;
    const row = document.createElement('tr');
    row.append(...cells);
    this.#rows.append(row);
  }

  async #copyLines() {
    try {
      await navigator.clipboard.writeText(`${this.#lines.join('\n')}\n`);
      this.#state.textContent = 'The results are in the clipboard.';
    } catch (error) {
      this.#state.textContent = `The results could not be copied (${messageOf(error)}): select the table instead.`;
    }
  }
}
