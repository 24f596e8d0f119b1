import '../components/blend-sliders.js';
import '../components/photo-queue.js';
import '../components/picture-viewer.js';
import '../components/confirm-dialog.js';
import '../components/style-dialog.js';
import '../components/style-list.js';
import '../components/toast-line.js';
import { Arrivals } from '../media/router.js';
import { Controls } from './controls.js';
import { EngineClient } from '../inference/client.js';
import { beInstallable } from './pwa.js';
import { isPack } from '../media/file-kinds.js';
import { listenForFiles } from '../media/file-input.js';
import { Keeper } from '../media/export.js';
import { listenForKeys } from './shortcuts.js';
import { LiveShow } from '../inference/video-mode.js';
import { LearnDesk } from '../jobs/train-style/mode.js';
import { MasterpieceDesk } from '../jobs/optimize-image/mode.js';
import { importNetwork } from '../jobs/import-network/client.js';
import { paintingOffers } from '../jobs/style-options.js';
import { keptPainting } from '../styles/painting.js';
import { PhotoShow } from '../inference/photo-mode.js';
import { openSample, SAMPLES } from '../media/samples.js';
import { loadSettings, saveSettings, sizeInAddress } from './settings.js';
import { StyleChoice } from '../styles/selection.js';
import { StyleDesk } from '../styles/library.js';
import { Undo } from './history.js';

/**
 * @import { EngineInfo, FromWorker, Look } from '../inference/protocol.js'
 * @import { Settings } from './settings.js'
 * @import { BlendSliders } from '../components/blend-sliders.js'
 * @import { PictureStage } from '../components/picture-viewer.js'
 * @import { QuestionDialog } from '../components/confirm-dialog.js'
 * @import { StyleDialog } from '../components/style-dialog.js'
 * @import { StyleShelf } from '../components/style-list.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** How many places the shelf has until the engine tells. */
const STYLE_COUNT = 26;

/** A style as it is, for comparison. */
const PLAIN = { strength: 1, gentle: false, keepColors: false, split: 0, stroke: 1 };

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
  #dialog = /** @type {StyleDialog} */ (document.querySelector('style-dialog'));
  #questions = /** @type {QuestionDialog} */ (document.querySelector('question-dialog'));
  #lostAt = -Infinity;
  /** @type {Undo<Pick<Settings, 'style' | 'strength' | 'keepColors' | 'gentle' | 'stroke' | 'brushwork'>>} */
  #undo = new Undo();
  #choice = new StyleChoice(this.#shelf, this.#sliders, this.#controls, this.#toast, this.#settings.style, () => {
    // With an engine it is the user who chooses.
    if (this.#info) this.#clearStage();
    this.#learn.refresh();
    if (this.#info && !this.#show.on) this.#stage.busy('Painting …');
    this.#changeLook();
  });
  #desk = new StyleDesk(this.#client, this.#choice, this.#dialog, this.#toast, {
    learning: () => !this.#show.on && this.#stage.busy('Looking at the painting …'),
    failed: () => this.#stage.idle(),
    repaint: () => this.#changeLook(),
    train: (id) => this.#learn.order([{ id, weight: 1 }]),
    ask: (question) => this.#questions.ask(question),
    importNetwork,
  });
  #show = new LiveShow(this.#client, this.#stage, this.#controls, this.#toast, {
    info: () => this.#info,
    look: () => this.#look(),
    end: () => this.#photos.comeBack(),
    keep: (movie) => this.#keeper.keepMovie(movie),
    learn: (picture, name) => this.#desk.learn(picture, name),
  });
  #photos = new PhotoShow(this.#client, this.#stage, this.#shelf, this.#controls, this.#toast, {
    info: () => this.#info,
    look: () => this.#look(),
    moving: () => this.#show.on,
    taken: () => {
      this.#show.stop();
      this.#masterpiece.leave();
      this.#learn.leave();
      if (this.#photos.photo && !this.#photos.photo.credit) this.#learn.album.add(this.#photos.photo);
    },
  });
  #masterpiece = new MasterpieceDesk(this.#stage, this.#controls, this.#toast, {
    info: () => this.#info,
    photo: () => (this.#show.on ? undefined : this.#photos.photo),
    painting: () => this.#client.save(),
    offers: () => paintingOffers(this.#desk.own, this.#desk.shipped),
    inUse: () => this.#choice.parts,
    comeBack: () => this.#photos.comeBack(),
    enter: () => {
      this.#show.stop();
      this.#learn.leave();
    },
  });
  #learn = new LearnDesk(this.#stage, this.#controls, this.#toast, {
    info: () => this.#info,
    photo: () => this.#photos.photo,
    offers: () => paintingOffers(this.#desk.own, this.#desk.shipped),
    inUse: () => this.#choice.parts,
    network: () => this.#choice.network,
    focusShelf: () => this.#shelf.step(0),
    paint: (photo, parts) => this.#client.paint(photo, { ...this.#look(), ...PLAIN, network: this.#choice.networkOf(parts), parts }),
    styleOf: (id) => this.#desk.styleOf(id),
    shelve: (style, used) => this.#desk.own.shelve(style, used),
    trained: (id) => this.#desk.own.find(id)?.trained === true,
    choose: (id) => this.#choice.choose(id),
    comeBack: () => this.#photos.comeBack(),
    enter: () => {
      this.#show.stop();
      this.#masterpiece.leave();
    },
  });
  #keeper = new Keeper(this.#stage, this.#controls, this.#toast, {
    picture: () => this.#easel?.picture() ?? this.#client.save(),
    subject: () =>
      this.#easel
        ? this.#easel.subject
        : {
            source: this.#show.name ?? this.#photos.photo?.name ?? '',
            style: this.#choice.title,
            tiff: this.#show.on ? undefined : this.#photos.photo?.tiff,
          },
  });
  #arrivals = new Arrivals(this.#client, this.#photos, this.#show, this.#desk, this.#keeper, this.#toast, {
    look: () => (this.#info ? this.#look() : undefined),
    size: () => this.#controls.size,
    ground: () => this.#controls.ground,
    practise: (photo) => this.#learn.album.add(photo),
    clearStage: () => this.#clearStage(),
  });
  /** @type {EngineInfo | undefined} */
  #info;
  /** The number of the latest engine. */
  #engine = 0;
  /** @type {() => void} */
  #tellReady = () => {};
  /** Resolves when the first engine stands. @type {Promise<void>} */
  #firstReady = new Promise((resolve) => (this.#tellReady = resolve));
  /** Whether there has been an engine on this page: then there is something to lose. */
  #hasRun = false;
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
    this.#stage.split.addEventListener('split', () => {
      this.#controls.comparing = this.#stage.split.value > 0;
      if (!this.#easel) this.#changeLook();
    });
    const open = () => document.getElementById('file')?.click();
    const compare = () => this.#stage.split.toggle();
    const save = () => this.#keeper.save();
    const camera = () => {
      this.#clearStage();
      this.#show.toggleCamera();
    };
    const random = () => this.#choice.shuffle();
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
      ground: () => {
        if (!this.#easel) this.#photos.changeGround();
        this.#rememberSoon();
      },
      photoData: () => this.#rememberSoon(),
      size: () => {
        if (this.#show.on) this.#changeLook();
        else this.#photos.show();
        this.#rememberSoon();
      },
      asStyle: () => {
        const photo = this.#photos.photo;
        if (photo) this.#desk.learn(keptPainting(photo.bitmap), photo.name);
      },
      sample: (id) => this.#photos.take(() => openSample(id)),
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
        if (this.#easel) return;
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
    listenForFiles({
      files: (given) => this.#arrivals.take(given),
      styles: (given) => this.#desk.take(given),
      pasted: (given) => this.#arrivals.paste(given),
      nothing: (sentence) => this.#toast.show(sentence),
    });
    this.#shelf.prepare(STYLE_COUNT);
    this.#start();
    this.#photos.take(() => openSample(SAMPLES[0].id));
    beInstallable({
      opened: (files) => this.#take(files),
      shared: (files) => this.#takeShared(files),
      offline: () => this.#controls.worksOffline(),
      update: (sentence, reload) => this.#toast.notify('update', sentence, { label: 'Reload', run: reload }),
    });
  }

  /** Files that come while the page starts: several at once need an engine. @param {File[]} files */
  async #take(files) {
    if (files.length > 1) await this.#firstReady;
    this.#arrivals.take(files);
  }

  /** What came from outside is kept only after a question. @param {File[]} files */
  #takeShared(files) {
    if (files.length === 0) {
      this.#toast.notify('shared', 'Nothing came of what was shared with Impasto. Save the picture first, then open it here.');
    }
    this.#desk.take(files.filter(isPack), true);
    const others = files.filter((file) => !isPack(file));
    if (others.length > 0) this.#take(others);
  }

  #start() {
    document.documentElement.dataset.state = 'starting';
    this.#info = undefined;
    this.#engine += 1;
    if (!this.#show.on) this.#stage.showCopy();
    this.#stage.busy('Preparing the paints …');
    this.#client.start(this.#stage.freshCanvas());
    this.#desk.tell();
  }

  /** @param {FromWorker} message */
  #hear(message) {
    switch (message.type) {
      case 'loading':
        if (!this.#show.on) this.#stage.busy('Fetching the paints …', message.total ? message.loaded / message.total : undefined);
        break;
      case 'ready':
        this.#ready(message.info);
        break;
      case 'unsupported':
        if (this.#hasRun) this.#askAfterBlock(message.sentence);
        else this.giveUp(message.sentence);
        break;
      case 'unkept':
        this.#desk.own.tellUnusable(message.ids);
        break;
      case 'frame':
        this.#stage.draw(message.pixels);
        break;
      case 'painted':
        this.#photos.finished(message, this.#choice.title);
        break;
      case 'thumb':
        if (message.serial === this.#photos.serial) this.#shelf.paint(message.style, message.pixels);
        break;
      case 'hungry':
        this.#show.feed();
        break;
      case 'recorded':
        this.#show.record(message.frame, message.times);
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
    this.#stop('The brush slipped', `${sentence} Your photo and your settings are kept.`, 'Start the engine again');
  }

  /**
   * There was an engine, and there is none to be had any more: browsers keep the GPU from pages for a while after it crashed.
   * @param {string} sentence
   */
  #askAfterBlock(sentence) {
    console.info(sentence);
    this.#stop(
      'The browser blocks the GPU',
      'The graphics processor has crashed, and the browser keeps it from this page for a while. Your photo, your style and your ' +
        'settings are kept. Restart the browser, or try again in some minutes.',
      'Try again',
    );
  }

  /**
   * There is no engine until the user asks for another one. The page stays as it is.
   * @param {string} title
   * @param {string} sentence
   * @param {string} label
   */
  #stop(title, sentence, label) {
    document.documentElement.dataset.state = 'stopped';
    this.#controls.canSave = false;
    this.#toast.dismiss();
    this.#stage.ask(title, sentence, label, () => this.#start());
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
  async #ready(info) {
    const engine = this.#engine;
    await this.#desk.known;
    this.#choice.list('built-in', info.styles.map((name) => ({ id: name, name, network: 'transfer26', kind: 'built-in' })));
    this.#choice.read(this.#choice.text);
    await this.#desk.usable();
    if (engine !== this.#engine) return;
    this.#info = info;
    this.#hasRun = true;
    this.#tellReady();
    this.#controls.offerSizes(info, sizeInAddress() ?? this.#settings.size);
    this.#stage.idle();
    document.documentElement.dataset.state = 'ready';
    if (!this.#show.goOn()) this.#photos.show();
    this.#desk.showShipped();
    this.#masterpiece.open();
    this.#learn.open();
  }

  /** The work of the studio that hangs on the stage, if any does. */
  get #easel() {
    return [this.#masterpiece, this.#learn].find(({ onStage }) => onStage);
  }

  /** Work of the studio goes on aside, and the photo comes back. */
  #clearStage() {
    this.#easel?.leave(true);
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
    const { strength, keepColors, gentle, stroke, brushwork } = this.#controls;
    const { network, parts } = this.#choice;
    return { network, parts, gentle, strength, keepColors, split: this.#stage.split.value, stroke, brushwork };
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
    if (wish === 'photo') this.#photos.goBack(serial);
  }

  /** One step back: from a message, then from the comparison, then from moving pictures. */
  #escape() {
    if (this.#toast.open) this.#toast.close();
    else if (this.#stage.split.value > 0) this.#stage.split.toggle();
    else if (this.#easel) this.#clearStage();
    else this.#show.close();
  }

  /** Browsers allow about a hundred changes of the address in half a minute. */
  #rememberSoon() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => this.#remember(), 400);
  }

  #remember() {
    clearTimeout(this.#saveTimer);
    const { strength, keepColors, gentle, stroke, brushwork, steady, chosenSize, ground, photoData } = this.#controls;
    const style = this.#choice.text;
    const size = chosenSize ?? this.#settings.size;
    this.#settings = { style, strength, keepColors, gentle, stroke, brushwork, steady, size, ground, photoData };
    saveSettings(this.#settings);
    if (this.#info) this.#undo.note({ style, strength, keepColors, gentle, stroke, brushwork });
    this.#controls.canUndo = this.#undo.canUndo;
  }

  /** One change of style or sliders back, or forth again. @param {'undo' | 'redo'} way */
  #goBackTo(way) {
    // A change that is younger than the last note counts as well.
    this.#remember();
    const state = this.#undo[way]();
    if (!state || !this.#info) return;
    this.#controls.take(state);
    this.#choice.read(state.style);
  }
}
