import './elements/picture-stage.js';
import './elements/style-shelf.js';
import './elements/toast-line.js';
import { Controls } from './controls.js';
import { EngineClient } from './engine-client.js';
import { listenForPhotos } from './intake.js';
import { listenForKeys } from './keys.js';
import { decodePhoto, photoPixels, squarePixels } from './photo.js';
import { sentenceOf } from './protocol.js';
import { openSample, SAMPLES } from './samples.js';
import { downloadPng } from './save.js';
import { loadSettings, saveSettings, sizeInAddress, slug, thumbSide } from './settings.js';

/**
 * @import { EngineInfo, FromWorker, Look } from './protocol.js'
 * @import { Photo } from './photo.js'
 * @import { PictureStage } from './elements/picture-stage.js'
 * @import { StyleShelf } from './elements/style-shelf.js'
 * @import { ToastLine } from './elements/toast-line.js'
 */

/** How many places the shelf has until the engine tells. */
const STYLE_COUNT = 26;

/** Pixels of the shelf's pictures: on a GPU as sharp as a fine screen shows them, all of them for the price of a frame. */
const THUMB_SIDE = 192;
const THUMB_SIDE_IN_SOFTWARE = 96;

/** The studio: what the user has chosen, and the engine's word on it. `data-state` on the root tells how it stands. */
export class App {
  #client = new EngineClient();
  #stage = /** @type {PictureStage} */ (document.querySelector('picture-stage'));
  #shelf = /** @type {StyleShelf} */ (document.querySelector('style-shelf'));
  #toast = /** @type {ToastLine} */ (document.querySelector('toast-line'));
  #settings = loadSettings();
  #controls = new Controls(this.#settings, SAMPLES);
  /** @type {EngineInfo | undefined} */
  #info;
  #style = 0;
  /** @type {Photo | undefined} */
  #photo;
  /** @type {{ photo: Photo, size: number } | undefined} what was last painted with success */
  #painted;
  /** The number of the latest opening: a slow file must not replace one that was opened after it. */
  #opening = 0;
  #photoSerial = 0;
  #lookFrame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saveTimer;

  /** @param {(reason: string) => void} giveUp shows the page without an engine */
  constructor(giveUp) {
    this.giveUp = giveUp;
  }

  begin() {
    this.#client.addEventListener('message', (event) => {
      this.#hear(/** @type {CustomEvent<FromWorker>} */ (event).detail);
    });
    this.#shelf.addEventListener('choose', (event) => {
      this.#chooseStyle(/** @type {CustomEvent<number>} */ (event).detail);
    });
    this.#stage.split.addEventListener('split', () => {
      this.#controls.comparing = this.#stage.split.value > 0;
      this.#changeLook();
    });
    const open = () => document.getElementById('file')?.click();
    const compare = () => this.#stage.split.toggle();
    const save = () => this.#save();
    this.#controls.listen({
      open,
      compare,
      save,
      look: () => this.#changeLook(),
      size: () => this.#showPhoto(),
      sample: (id) => this.#take(() => openSample(id)),
    });
    listenForKeys({ open, compare, save, help: () => this.#controls.help(), step: (by) => this.#shelf.step(by) });
    listenForPhotos({
      photo: (file) => this.#take(() => decodePhoto(file, file.name || 'Pasted picture')),
      nothing: (sentence) => this.#toast.show(sentence),
    });
    this.#shelf.prepare(STYLE_COUNT);
    this.#start();
    this.#take(() => openSample(SAMPLES[0].id));
  }

  #start() {
    document.documentElement.dataset.state = 'starting';
    this.#info = undefined;
    this.#stage.busy('Preparing the paints …');
    this.#client.start(this.#stage.freshCanvas());
  }

  /** @param {FromWorker} message */
  #hear(message) {
    switch (message.type) {
      case 'loading':
        this.#stage.busy('Fetching the paints …', message.total ? message.loaded / message.total : undefined);
        break;
      case 'ready':
        this.#ready(message.info);
        break;
      case 'unsupported':
        this.giveUp(message.sentence);
        break;
      case 'frame':
        this.#stage.draw(message.pixels);
        break;
      case 'painted':
        this.#finished(message);
        break;
      case 'thumb':
        if (message.serial === this.#photoSerial) this.#shelf.paint(message.style, message.pixels);
        break;
      case 'failed':
        this.#failed(message);
        break;
      case 'stopped':
        document.documentElement.dataset.state = 'stopped';
        this.#controls.canSave = false;
        this.#toast.dismiss();
        this.#stage.ask(
          'The brush slipped',
          `${message.sentence} Your photo and your settings are kept.`,
          'Start the engine again',
          () => this.#start(),
        );
        break;
    }
  }

  /** @param {EngineInfo} info */
  #ready(info) {
    this.#info = info;
    this.#shelf.fill(info.styles);
    this.#style = Math.max(0, info.styles.findIndex((name) => slug(name) === this.#settings.style));
    this.#shelf.choose(this.#style, { quiet: true });
    this.#controls.offerSizes(info, sizeInAddress() ?? this.#settings.size);
    this.#controls.styleName = info.styles[this.#style];
    this.#stage.idle();
    document.documentElement.dataset.state = 'ready';
    this.#showPhoto();
  }

  /**
   * Opens a photo; if that fails, says why and leaves everything as it was.
   * @param {() => Promise<Photo>} open
   */
  async #take(open) {
    const opening = ++this.#opening;
    try {
      const photo = await open();
      if (opening !== this.#opening) return;
      this.#photo = photo;
      this.#toast.dismiss();
      this.#stage.hang(photo.bitmap);
      this.#showPhoto();
    } catch (error) {
      this.#toast.show(sentenceOf(error));
    }
  }

  /** Sends the photo at the size that is wanted, and a small square of it for the shelf. */
  #showPhoto() {
    if (!this.#photo || !this.#info) return;
    try {
      const side = thumbSide() ?? (this.#info.software ? THUMB_SIDE_IN_SOFTWARE : THUMB_SIDE);
      const pixels = photoPixels(this.#photo, this.#controls.size);
      const thumb = side > 0 ? squarePixels(this.#photo, side) : null;
      this.#controls.caption(this.#photo, pixels);
      this.#shelf.fade();
      this.#stage.busy('Painting …');
      this.#photoSerial = this.#client.showPhoto(pixels, thumb, this.#look());
    } catch (error) {
      this.#toast.show(sentenceOf(error));
    }
    this.#rememberSoon();
  }

  /** @param {number} style */
  #chooseStyle(style) {
    this.#style = style;
    if (this.#info) {
      const name = this.#info.styles[style];
      this.#controls.styleName = name;
      this.#settings.style = slug(name);
    }
    this.#stage.busy('Painting …');
    this.#changeLook();
  }

  /** Sliders move faster than the screen: one wish a frame is enough. */
  #changeLook() {
    this.#rememberSoon();
    if (!this.#info || this.#lookFrame) return;
    this.#lookFrame = requestAnimationFrame(() => {
      this.#lookFrame = 0;
      this.#client.changeLook(this.#look());
    });
  }

  /** @returns {Look} */
  #look() {
    const { strength, keepColors } = this.#controls;
    return { style: this.#style, strength, keepColors, split: this.#stage.split.value };
  }

  /** @param {Extract<FromWorker, { type: 'painted' }>} message */
  #finished({ serial, painting, milliseconds }) {
    if (serial !== this.#client.serial) return;
    if (!this.#photo) return;
    this.#painted = { photo: this.#photo, size: this.#controls.size };
    this.#stage.idle();
    this.#stage.reveal(`${this.#photo.name}, painted in the style ${this.#info?.styles[this.#style]}`);
    this.#controls.canSave = true;
    if (painting && this.#info) this.#controls.timing(milliseconds, this.#info);
  }

  /** @param {Extract<FromWorker, { type: 'failed' }>} message */
  #failed({ wish, serial, sentence }) {
    this.#toast.show(sentence);
    if (wish === 'thumbs') return;
    this.#stage.idle();
    if (wish === 'photo' && serial >= this.#photoSerial) this.#goBack();
  }

  /**
   * The photo could not be painted at this size. One that was painted before goes back to the size that worked; a new
   * one is tried smaller. If none is small enough, the last painted photo comes back to the wall.
   */
  #goBack() {
    const smaller = this.#controls.smallerSize;
    if (this.#photo !== this.#painted?.photo && smaller) {
      this.#controls.size = smaller;
      this.#showPhoto();
      return;
    }
    const { photo, size } = this.#painted ?? {};
    if (!photo || !size || (photo === this.#photo && size === this.#controls.size)) return;
    if (photo !== this.#photo) this.#stage.hang(photo.bitmap);
    this.#photo = photo;
    this.#controls.size = size;
    this.#showPhoto();
  }

  async #save() {
    if (!this.#photo || !this.#info || !this.#controls.canSave) return;
    const [photo, style] = [this.#photo.name, this.#info.styles[this.#style]];
    this.#stage.busy('Saving …');
    try {
      await downloadPng(await this.#client.save(), photo, style);
    } catch (error) {
      this.#toast.show(sentenceOf(error));
    }
    this.#stage.idle();
  }

  /** Browsers allow about a hundred changes of the address in half a minute. */
  #rememberSoon() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => {
      const { strength, keepColors, chosenSize } = this.#controls;
      const { style, size } = this.#settings;
      this.#settings = { style, strength, keepColors, size: chosenSize ?? size };
      saveSettings(this.#settings);
    }, 400);
  }
}
