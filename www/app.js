import './elements/blend-sliders.js';
import './elements/photo-queue.js';
import './elements/picture-stage.js';
import './elements/style-shelf.js';
import './elements/toast-line.js';
import { Blend } from './blend.js';
import { Controls } from './controls.js';
import { EngineClient } from './engine-client.js';
import { beInstallable } from './installation.js';
import { listenForFiles } from './intake.js';
import { Keeper } from './keeper.js';
import { listenForKeys } from './keys.js';
import { LiveShow } from './live-show.js';
import { decodePhoto, photoPixels, squarePixels } from './photo.js';
import { sentenceOf } from './protocol.js';
import { openSample, SAMPLES } from './samples.js';
import { loadSettings, saveSettings, sizeInAddress, thumbSide } from './settings.js';
import { Undo } from './undo.js';

/**
 * @import { EngineInfo, FromWorker, Look } from './protocol.js'
 * @import { Photo } from './photo.js'
 * @import { Settings } from './settings.js'
 * @import { BlendSliders } from './elements/blend-sliders.js'
 * @import { PhotoQueue } from './elements/photo-queue.js'
 * @import { PictureStage } from './elements/picture-stage.js'
 * @import { StyleShelf } from './elements/style-shelf.js'
 * @import { ToastLine } from './elements/toast-line.js'
 */

/** How many places the shelf has until the engine tells. */
const STYLE_COUNT = 26;

/** Pixels of the shelf's pictures: on a GPU as sharp as a fine screen shows them, all of them for the price of a frame. */
const THUMB_SIDE = 192;
const THUMB_SIDE_IN_SOFTWARE = 96;

/** A device that is lost once comes back by itself; one that is lost again so soon needs the user. */
const LOST_AGAIN_MS = 10_000;

/** The studio: what the user has chosen, and the engine's word on it. `data-state` on the root tells how it stands. */
export class App {
  #client = new EngineClient();
  #stage = /** @type {PictureStage} */ (document.querySelector('picture-stage'));
  #shelf = /** @type {StyleShelf} */ (document.querySelector('style-shelf'));
  #toast = /** @type {ToastLine} */ (document.querySelector('toast-line'));
  #settings = loadSettings();
  #controls = new Controls(this.#settings, SAMPLES);
  #sliders = /** @type {BlendSliders} */ (document.querySelector('blend-sliders'));
  #queue = /** @type {PhotoQueue} */ (document.querySelector('photo-queue'));
  #blend = new Blend();
  #lostAt = -Infinity;
  /** @type {Undo<Pick<Settings, 'style' | 'strength' | 'keepColors' | 'stroke'>>} */
  #undo = new Undo();
  #show = new LiveShow(this.#client, this.#stage, this.#controls, this.#toast, {
    info: () => this.#info,
    look: () => this.#look(),
    end: () => this.#backToPhoto(),
    keep: (movie) => this.#keeper.keepMovie(movie),
  });
  #keeper = new Keeper(this.#client, this.#stage, this.#controls, this.#toast, () => ({
    source: this.#show.name ?? this.#photo?.name ?? '',
    style: this.#blend.title(this.#info?.styles ?? []),
  }));
  /** @type {EngineInfo | undefined} */
  #info;
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
      const style = /** @type {CustomEvent<number>} */ (event).detail;
      this.#changeBlend(() => this.#blend.choose(style));
    });
    this.#shelf.addEventListener('join', (event) => {
      const style = /** @type {CustomEvent<number>} */ (event).detail;
      this.#changeBlend(() => this.#blend.toggle(style));
    });
    this.#sliders.addEventListener('part', (event) => {
      const { style, part } = /** @type {CustomEvent<{ style: number, part: number }>} */ (event).detail;
      this.#changeBlend(() => this.#blend.set(style, part));
    });
    this.#sliders.addEventListener('drop-style', (event) => {
      const style = /** @type {CustomEvent<number>} */ (event).detail;
      this.#changeBlend(() => this.#blend.toggle(style));
    });
    this.#stage.split.addEventListener('split', () => {
      this.#controls.comparing = this.#stage.split.value > 0;
      this.#changeLook();
    });
    const open = () => document.getElementById('file')?.click();
    const compare = () => this.#stage.split.toggle();
    const save = () => this.#keeper.save();
    const camera = () => this.#show.toggleCamera();
    const random = () => {
      const count = this.#info?.styles.length;
      if (count) this.#changeBlend(() => this.#blend.shuffle(count));
    };
    this.#controls.listen({
      open,
      compare,
      save,
      camera,
      random,
      copy: () => this.#keeper.copy(),
      share: () => this.#keeper.share(),
      joining: (on) => (this.#shelf.joining = on),
      undo: () => this.#goBackTo('undo'),
      look: () => this.#changeLook(),
      size: () => (this.#show.on ? this.#changeLook() : this.#showPhoto()),
      sample: (id) => this.#take(() => openSample(id)),
    });
    listenForKeys({
      open,
      compare,
      save,
      camera,
      random,
      record: () => this.#show.toggleRecording(),
      escape: () => this.#escape(),
      strength: (percent) => {
        this.#controls.strength = percent / 100;
        this.#changeLook();
      },
      mirror: () => this.#show.mirror(),
      play: () => this.#stage.bar.togglePlay(),
      undo: () => this.#goBackTo('undo'),
      redo: () => this.#goBackTo('redo'),
      help: () => this.#controls.help(),
      step: (by) => this.#shelf.step(by),
    });
    listenForFiles({ files: (given) => this.#takeFiles(given), nothing: (sentence) => this.#toast.show(sentence) });
    this.#shelf.prepare(STYLE_COUNT);
    this.#start();
    this.#take(() => openSample(SAMPLES[0].id));
    beInstallable({
      file: (given) => this.#takeFile(given),
      offline: () => this.#controls.worksOffline(),
      update: (reload) => this.#toast.show('A new version of Impasto is ready.', { label: 'Reload', run: reload }),
    });
  }

  /** @param {File[]} files */
  #takeFiles(files) {
    const photos = files.filter((file) => !file.type.startsWith('video/'));
    if (files.length === 1 || photos.length < 2) {
      this.#takeFile(files[0]);
      return;
    }
    if (!this.#info) return;
    const [look, size] = [this.#look(), this.#controls.size];
    this.#queue.paint(photos, async (file) => {
      const photo = await decodePhoto(file, file.name);
      try {
        return await this.#keeper.painted(await this.#client.paint(photoPixels(photo, size), look), photo.name);
      } finally {
        photo.bitmap.close();
      }
    });
  }

  /** @param {File} file */
  #takeFile(file) {
    if (file.type.startsWith('video/')) {
      // A photo that is still being opened must not replace it.
      this.#opening += 1;
      this.#show.takeVideo(file);
      return;
    }
    this.#take(() => decodePhoto(file, file.name || 'Pasted picture'));
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
      case 'hungry':
        this.#show.feed();
        break;
      case 'recorded':
        this.#show.record(message.frame);
        break;
      case 'pace':
        if (this.#info && this.#show.on) this.#controls.pace(message, this.#info);
        break;
      case 'failed':
        this.#failed(message);
        break;
      case 'lost':
        this.#lost(message.sentence);
        break;
      case 'stopped':
        this.#askForRestart(message.sentence);
        break;
    }
  }

  /** @param {string} sentence */
  #askForRestart(sentence) {
    document.documentElement.dataset.state = 'stopped';
    this.#controls.canSave = false;
    this.#toast.dismiss();
    this.#stage.ask(
      'The brush slipped',
      `${sentence} Your photo and your settings are kept.`,
      'Start the engine again',
      () => this.#start(),
    );
  }

  /**
   * The graphics device is gone: another one is asked for, once.
   * @param {string} sentence
   */
  #lost(sentence) {
    const again = performance.now() - this.#lostAt < LOST_AGAIN_MS;
    this.#lostAt = performance.now();
    if (again) {
      this.#askForRestart(sentence);
      return;
    }
    this.#start();
    this.#toast.show('The graphics device was lost, and another one was asked for. Everything is as it was.');
  }

  /** @param {EngineInfo} info */
  #ready(info) {
    this.#info = info;
    this.#shelf.fill(info.styles);
    this.#blend.read(this.#settings.style, info.styles);
    this.#shelf.choose(this.#blend.parts[0].style, { quiet: true });
    this.#controls.offerSizes(info, sizeInAddress() ?? this.#settings.size);
    this.#drawBlend();
    this.#stage.idle();
    document.documentElement.dataset.state = 'ready';
    if (!this.#show.goOn()) this.#showPhoto();
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
      this.#show.stop();
      this.#toast.dismiss();
      this.#stage.hang(photo.bitmap);
      this.#showPhoto();
    } catch (error) {
      this.#toast.show(sentenceOf(error));
    }
  }

  /** Sends the photo at the size that is wanted, and a small square of it for the shelf. */
  #showPhoto() {
    if (!this.#photo || !this.#info || this.#show.on) return;
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

  /** @param {() => void} change */
  #changeBlend(change) {
    change();
    this.#drawBlend();
    if (!this.#show.on) this.#stage.busy('Painting …');
    this.#changeLook();
  }

  #drawBlend() {
    const names = this.#info?.styles;
    if (!names) return;
    const { parts } = this.#blend;
    this.#shelf.mark(parts);
    if (!this.#blend.has(this.#shelf.chosen)) this.#shelf.choose(parts[0].style, { quiet: true });
    this.#sliders.show(parts, names);
    this.#controls.styleName = this.#blend.title(names);
    this.#settings.style = this.#blend.text(names);
  }

  /** Sliders move faster than the screen: one wish a frame is enough. */
  #changeLook() {
    this.#rememberSoon();
    if (!this.#info || this.#lookFrame) return;
    this.#lookFrame = requestAnimationFrame(() => {
      this.#lookFrame = 0;
      if (!this.#show.changeLook()) this.#client.changeLook(this.#look());
    });
  }

  /** @returns {Look} */
  #look() {
    const { strength, keepColors, stroke } = this.#controls;
    const weights = this.#blend.weights(this.#info?.styles.length ?? STYLE_COUNT);
    return { weights, strength, keepColors, split: this.#stage.split.value, stroke };
  }

  /** Moving pictures are over: the photo hangs where they were. */
  #backToPhoto() {
    if (this.#photo) this.#stage.hang(this.#photo.bitmap);
    this.#showPhoto();
  }

  /** @param {Extract<FromWorker, { type: 'painted' }>} message */
  #finished({ serial, painting, milliseconds }) {
    if (serial !== this.#client.serial) return;
    if (!this.#photo || this.#show.on) return;
    this.#painted = { photo: this.#photo, size: this.#controls.size };
    this.#stage.idle();
    this.#stage.reveal(`${this.#photo.name}, painted in the style ${this.#blend.title(this.#info?.styles ?? [])}`);
    this.#controls.canSave = true;
    if (painting && this.#info) this.#controls.timing(milliseconds, this.#info);
  }

  /** @param {Extract<FromWorker, { type: 'failed' }>} message */
  #failed({ wish, serial, sentence }) {
    if (wish === 'live') {
      this.#show.fail(sentence);
      return;
    }
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

  /** One step back: from a message, then from the comparison, then from moving pictures. */
  #escape() {
    if (this.#toast.open) this.#toast.dismiss();
    else if (this.#stage.split.value > 0) this.#stage.split.toggle();
    else this.#show.close();
  }

  /** Browsers allow about a hundred changes of the address in half a minute. */
  #rememberSoon() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => this.#remember(), 400);
  }

  #remember() {
    clearTimeout(this.#saveTimer);
    const { strength, keepColors, stroke, steady, chosenSize } = this.#controls;
    const { style, size } = this.#settings;
    this.#settings = { style, strength, keepColors, stroke, steady, size: chosenSize ?? size };
    saveSettings(this.#settings);
    if (this.#info) this.#undo.note({ style, strength, keepColors, stroke });
    this.#controls.canUndo = this.#undo.canUndo;
  }

  /** One change of style or sliders back, or forth again. @param {'undo' | 'redo'} way */
  #goBackTo(way) {
    // A change that is younger than the last note counts as well.
    this.#remember();
    const state = this.#undo[way]();
    const names = this.#info?.styles;
    if (!state || !names) return;
    this.#controls.take(state);
    this.#changeBlend(() => this.#blend.read(state.style, names));
    // Rounded once more the blend's text may differ, and would pass for another change.
    this.#settings.style = state.style;
  }
}
