import { messageOf } from '../common/errors.js';
import { download } from '../common/download.js';

/**
 * @typedef {(file: File) => Promise<{ blob: Blob, name: string, notice?: string }>} PaintFile stylizes one
 *   photo, or throws an error with a message; `notice` names the parts of the photo that are not stylized
 * @typedef {{ row: HTMLElement, state: HTMLElement, picture: HTMLImageElement, keep: HTMLButtonElement }} Row
 */

/**
 * A queue of photos that are stylized one after the other in the selected style. Each result can be saved on its own, or all as
 * one zip file. Closing the queue stops it.
 */
export class PhotoQueue extends HTMLElement {
  #dialog = document.createElement('dialog');
  #title = document.createElement('h2');
  #problem = document.createElement('p');
  #list = document.createElement('ol');
  #bar = document.createElement('progress');
  #all = button('Save all as zip');
  #stop = button('Cancel');
  #note = document.createElement('p');
  /** The number of the current queue: an older one stops before its next photo. */
  #run = 0;
  /** @type {{ blob: Blob, name: string }[]} */
  #done = [];
  /** @type {string[]} */
  #addresses = [];

  connectedCallback() {
    this.#dialog.className = 'sheet queue';
    this.#title.id = 'queue-title';
    this.#dialog.setAttribute('aria-labelledby', this.#title.id);
    this.#bar.setAttribute('aria-label', 'Photos painted');
    this.#all.classList.add('primary');
    this.#all.addEventListener('click', () => this.#saveAll());
    this.#stop.addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => this.#end());
    const actions = document.createElement('div');
    actions.className = 'pair';
    actions.append(this.#stop, this.#all);
    this.#note.className = 'fine';
    this.#note.setAttribute('role', 'status');
    this.#problem.className = 'refusal';
    this.#problem.setAttribute('role', 'alert');
    this.#problem.hidden = true;
    this.#dialog.append(this.#title, this.#bar, this.#note, this.#list, this.#problem, actions);
    this.append(this.#dialog);
  }

  /**
   * @param {File[]} files
   * @param {string} note a message about skipped files
   * @param {PaintFile} paint
   */
  async paint(files, note, paint) {
    this.#end();
    this.#note.textContent = note;
    const run = this.#run;
    const rows = files.map((file) => this.#add(file));
    this.#title.textContent = `${files.length} photos`;
    this.#bar.max = files.length;
    this.#bar.value = 0;
    this.#all.disabled = true;
    this.#stop.textContent = 'Cancel';
    if (!this.#dialog.open) this.#dialog.showModal();
    let failed = 0;
    for (const [i, file] of files.entries()) {
      const { row, state, picture, keep } = rows[i];
      state.textContent = 'painting …';
      row.scrollIntoView({ block: 'nearest' });
      try {
        const painted = await paint(file);
        if (run !== this.#run) return;
        this.#done.push({ ...painted, name: this.#unused(painted.name) });
        picture.src = this.#address(painted.blob);
        state.textContent = painted.notice ? `painted. ${painted.notice}` : 'painted';
        keep.hidden = false;
        keep.addEventListener('click', () => download(painted.blob, painted.name));
      } catch (error) {
        if (run !== this.#run) return;
        failed += 1;
        state.textContent = messageOf(error);
        row.classList.add('failed');
      }
      this.#bar.value = i + 1;
    }
    const painted = files.length - failed;
    this.#title.textContent = failed ? `${painted} of ${files.length} photos painted` : `${painted} photos painted`;
    this.#all.disabled = painted === 0;
    this.#stop.textContent = 'Close';
  }

  /** @param {File} file */
  #add(file) {
    const row = document.createElement('li');
    const picture = document.createElement('img');
    picture.alt = '';
    picture.src = this.#address(file);
    const text = document.createElement('div');
    const name = document.createElement('b');
    name.textContent = file.name;
    const state = document.createElement('span');
    state.textContent = 'waiting';
    text.append(name, state);
    const keep = button('Save');
    keep.hidden = true;
    keep.setAttribute('aria-label', `Save ${file.name}`);
    row.append(picture, text, keep);
    this.#list.append(row);
    return { row, state, picture, keep };
  }

  /** @param {Blob} blob */
  #address(blob) {
    const address = URL.createObjectURL(blob);
    this.#addresses.push(address);
    return address;
  }

  /** A file name that is unique in this queue. @param {string} name */
  #unused(name) {
    const taken = new Set(this.#done.map((done) => done.name));
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = name.replace(/(\.\w+)$/, `-${n}$1`);
    return free;
  }

  async #saveAll() {
    const run = this.#run;
    const done = [...this.#done];
    this.#all.disabled = true;
    this.#problem.hidden = true;
    try {
      const { zip } = await import('../bundled/zip.js');
      const bytes = await Promise.all(done.map(async ({ blob }) => new Uint8Array(await blob.arrayBuffer())));
      download(zip(done.map(({ name }, i) => ({ name, bytes: bytes[i] }))), 'impasto.zip');
    } catch (error) {
      console.info(error);
      this.#problem.textContent = `The zip file could not be made. Save the photos one by one. ${messageOf(error)}`;
      this.#problem.hidden = false;
    }
    if (run === this.#run) this.#all.disabled = false;
  }

  #end() {
    this.#run += 1;
    for (const address of this.#addresses) URL.revokeObjectURL(address);
    this.#addresses = [];
    this.#done = [];
    this.#note.textContent = '';
    this.#problem.hidden = true;
    this.#list.replaceChildren();
  }
}

/** @param {string} label */
function button(label) {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'button';
  element.textContent = label;
  return element;
}

customElements.define('photo-queue', PhotoQueue);
