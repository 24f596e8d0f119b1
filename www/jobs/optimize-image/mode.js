import { byId } from '../../common/dom.js';
import { pixelsOf, photoPixels, whole } from '../../media/photo.js';
import { messageOf } from '../../common/errors.js';
import { scriptAddress } from '../../common/trusted-scripts.js';
import { discard, recall } from './checkpoints.js';
import { CommissionDialog } from './job-dialog.js';
import { Easel } from '../host.js';
import { KeptNote } from '../resume-banner.js';
import { RunPanel } from './panel.js';
import { adoptNetwork, heldArchive, titleOf } from './user-network.js';
import { nextSmaller } from './estimates.js';

/**
 * @import { Controls } from '../../app/controls.js'
 * @import { Photo } from '../../media/decode.js'
 * @import { EngineInfo, Pixels } from '../../inference/protocol.js'
 * @import { PictureStage } from '../../components/picture-viewer.js'
 * @import { ToastLine } from '../../components/toast-line.js'
 * @import { Order } from './job-dialog.js'
 * @import { Offer } from './style-picker.js'
 * @import { Run } from '../protocol.js'
 * @import { LiveRun } from '../controller.js'
 */

/** Masterpieces on the page: ordered in a sheet, and painted on their easel. */
export class MasterpieceDesk {
  #dialog = new CommissionDialog((order) => this.#begin(order));
  #panel;
  #button = byId('masterpiece', HTMLButtonElement);
  /** Picks the file of a network that is not here any more. */
  #missing = byId('missing-network', HTMLInputElement);
  /** @type {Easel<Run>} */
  #easel;

  /**
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ info: () => EngineInfo | undefined, photo: () => Photo | undefined, painting: () => Promise<Pixels>,
   *   offers: () => Offer[], inUse: () => { id: string, weight: number }[], comeBack: () => void, enter: () => void }} app
   *   what it knows; `comeBack` shows the photo as it was before, `enter` makes room on the stage
   */
  constructor(stage, controls, toast, app) {
    this.controls = controls;
    this.toast = toast;
    this.app = app;
    this.#panel = new RunPanel({
      aside: () => this.leave(true),
      pause: () => (this.#live?.state === 'paused' ? this.#live.resume() : this.#live?.pause()),
      stop: () => this.#live?.stop(),
      compare: () => stage.split.toggle(),
      again: () => this.#order(),
      remedy: () => this.#remedy(),
      drop: () => this.#easel.discard(),
    });
    const note = new KeptNote('kept-run', {
      show: () => this.#easel.enter(),
      goOn: () => this.#easel.goOn(),
      drop: () => this.#easel.discard(),
    });
    /** @type {import('../host.js').Kind<Run>} */
    const kind = {
      studio: {
        worker: () => new Worker(scriptAddress('jobs/optimize-image/worker.js'), { type: 'module', name: 'impasto masterpiece' }),
        also: ({ network }) => ({ archive: heldArchive(network) }),
        recall,
      },
      mark: 'masterpiece',
      note,
      told,
      beneath: ({ photo }) => photo,
      describe: ({ run, state }) => {
        return `${run.name}, ${state === 'finished' ? 'a Masterpiece' : 'a Masterpiece in work'}, ${captionOf(run)}`;
      },
      show: (live) => this.#panel.show(live, captionOf(live.run)),
      entered: () => byId('run-title', HTMLElement).focus(),
      left: () => this.#panel.hide() && this.#button.focus(),
      discard,
      refusal: 'Another tab has the studio, or a style is being learnt here. Finish that, then try again.',
      unreadable: 'An unfinished Masterpiece was kept here, but this version of Impasto cannot read it.',
    };
    this.#easel = new Easel(kind, stage, controls, toast, app);
    stage.split.addEventListener('split', () => (this.#panel.comparing = stage.split.value > 0));
    this.#button.addEventListener('click', () => this.#order());
    this.#missing.addEventListener('change', () => {
      const [file] = this.#missing.files ?? [];
      this.#missing.value = '';
      if (file) this.#findNetwork(file);
    });
  }

  get #live() {
    return this.#easel.live;
  }

  /** Whether it is what hangs there. */
  get onStage() {
    return this.#easel.onStage;
  }

  /** Photo and paintings of what hangs there, and the photo's EXIF data. */
  get subject() {
    const run = this.#live?.run;
    const tiff = run?.photoData === undefined ? undefined : Uint8Array.from(atob(run.photoData), (character) => character.charCodeAt(0));
    return { source: run?.name ?? '', style: `masterpiece ${run?.paintings.map(({ name }) => name).join(' ')}`, tiff };
  }

  /** @returns {Promise<Pixels>} the painting on the stage */
  picture() {
    return this.#easel.picture();
  }

  /** The engine stands and a photo hangs there: it can be ordered, and what is unfinished is offered. */
  open() {
    this.#button.disabled = false;
    return this.#easel.recall();
  }

  /**
   * Something else comes onto the stage: the run goes on aside.
   * @param {boolean} [back] whether that is what was there before
   */
  leave(back = false) {
    this.#easel.leave(back);
  }

  #order() {
    const photo = this.app.photo();
    if (!photo) return;
    this.#dialog.show(photo, this.app.offers(), this.app.inUse(), {
      software: this.app.info()?.software ?? false,
      replaces: this.#live !== undefined,
    });
  }

  /** @param {Order} order */
  async #begin({ settings, minutes, start, network, models }) {
    const photo = this.app.photo();
    if (!photo) return;
    try {
      const size = settings.size ?? 0;
      const pixels = photoPixels(photo, size, this.controls.ground);
      const paintings = await Promise.all(
        models.map(async ({ offer, weight, mask, part }) => {
          const bitmap = await offer.load();
          const { width, height } = bitmap;
          const painting = pixelsOf(whole(bitmap, Math.min(1, Math.max(size, 256) / Math.max(width, height))));
          bitmap.close();
          return { name: offer.name, weight, pixels: painting, mask, part };
        }),
      );
      /** @type {Run} */
      const run = {
        id: crypto.randomUUID(),
        name: photo.name,
        settings: { ...settings, size: Math.max(pixels.width, pixels.height) },
        minutes,
        photo: pixels,
        paintings,
        start: start === 'painting' ? await this.app.painting() : start,
        network,
        ...(photo.tiff && { photoData: btoa(Array.from(photo.tiff, (byte) => String.fromCharCode(byte)).join('')) }),
      };
      await this.#easel.begin(run);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  #remedy() {
    const live = this.#live;
    if (!live) return;
    if (live.fault === 'network') {
      this.#missing.click();
      return;
    }
    if (live.fault !== 'memory') {
      live.retry(live.fault === 'checkpoint');
      return;
    }
    const size = nextSmaller(live.run.settings.size ?? 0);
    if (!size) return;
    const { steps, smallest, ...settings } = live.run.settings;
    this.#easel.begin({ ...live.run, id: crypto.randomUUID(), settings: { ...settings, size } });
  }

  /** The network that the run belongs to is here again, if it is that file. @param {File} file */
  async #findNetwork(file) {
    const live = this.#live;
    const wanted = live?.run.network;
    if (!live || !wanted) return;
    try {
      const found = await adoptNetwork(file);
      if (found.sha256 === wanted.sha256) {
        await live.retry();
        return;
      }
      const was = `the one that this Masterpiece was begun with, “${wanted.file}”`;
      this.toast.show(`“${file.name}” is another ${titleOf(found.name)} than ${was}.`);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }
}

/** @param {Run} run */
function captionOf({ name, paintings }) {
  return `after ${name}, in the style of ${paintings.map((painting) => painting.name).join(' + ')}`;
}

/** @param {LiveRun<Run>} live @param {boolean} offered whether it waits for a word to go on */
function told({ state, part, run }, offered) {
  const percent = `${Math.floor(part * 100)} %`;
  if (offered) return `An unfinished Masterpiece of “${run.name}”, ${percent} painted.`;
  return {
    preparing: 'The Masterpiece is being prepared.',
    painting: `The Masterpiece goes on: ${percent} painted.`,
    paused: `The Masterpiece rests: ${percent} painted.`,
    failed: `The Masterpiece has stopped: ${percent} painted.`,
    finished: 'The Masterpiece is finished.',
  }[state];
}
