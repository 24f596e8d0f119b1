import { randomId } from '../../common/ids.js';
import { byId } from '../../common/dom.js';
import { pixelsOf, photoPixels, whole } from '../../media/photo.js';
import { messageOf } from '../../common/errors.js';
import { scriptAddress } from '../../common/trusted-scripts.js';
import { discard, readSaved } from './checkpoints.js';
import { OptimizeDialog } from './job-dialog.js';
import { JobHost } from '../host.js';
import { ResumeBanner } from '../resume-banner.js';
import { OptimizePanel } from './panel.js';
import { setUserNetwork, archiveInMemory, titleOf } from './user-network.js';
import { nextSmallerSize } from './sizes.js';

/**
 * @import { Controls } from '../../app/controls.js'
 * @import { Store } from '../../app/store.js'
 * @import { Pixels } from '../../inference/protocol.js'
 * @import { PictureViewer } from '../../components/picture-viewer.js'
 * @import { ToastLine } from '../../components/toast-line.js'
 * @import { JobRequest } from './job-dialog.js'
 * @import { StyleOption } from '../style-options.js'
 * @import { OptimizeRun } from '../protocol.js'
 * @import { JobController } from '../controller.js'
 */

/** Why there are no Masterpieces without WebGPU. */

/** The Masterpiece mode: the dialog, the panel and the host of an optimization. */
export class OptimizeMode {
  #dialog = new OptimizeDialog((order) => this.#begin(order));
  #panel;
  #button = byId('optimize', HTMLButtonElement);
  /** Asks for the file of a network that is no longer stored. */
  #networkFile = byId('missing-network', HTMLInputElement);
  /** @type {JobHost<OptimizeRun>} */
  #host;

  /**
   * @param {Store} store
   * @param {{ save: () => Promise<Pixels> }} client saves the painting of the photo, from which a job can start
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {() => StyleOption[]} styleOptions the styles that have a painting
   */
  constructor(store, client, viewer, controls, toast, styleOptions) {
    this.store = store;
    this.client = client;
    this.toast = toast;
    this.styleOptions = styleOptions;
    this.#panel = new OptimizePanel({
      close: () => this.#host.hide(),
      pause: () => (this.#controller?.state === 'paused' ? this.#controller.resume() : this.#controller?.pause()),
      stop: () => this.#controller?.stop(),
      compare: () => viewer.split.toggle(),
      again: () => this.#openDialog(),
      recover: () => this.#recover(),
      discard: () => this.#host.discard(),
    });
    const banner = new ResumeBanner('optimize-banner', {
      show: () => this.#host.show(),
      resume: () => this.#host.resume(),
      discard: () => this.#host.discard(),
    });
    /** @type {import('../host.js').JobKind<OptimizeRun>} */
    const kind = {
      runtime: {
        createWorker: () => new Worker(scriptAddress('jobs/optimize-image/worker.js'), { type: 'module', name: 'impasto masterpiece' }),
        startOptions: ({ network }) => ({ archive: archiveInMemory(network), device: this.#host.device }),
        readSaved,
      },
      mode: 'optimize',
      rootAttribute: 'optimizing',
      banner,
      bannerText,
      background: ({ photo }) => photo,
      describe: ({ run, state }) => {
        return `${run.name}, ${state === 'finished' ? 'a Masterpiece' : 'an unfinished Masterpiece'}, ${captionOf(run)}`;
      },
      updatePanel: (controller) => this.#panel.show(controller, captionOf(controller.run)),
      onShow: () => byId('optimize-panel-title', HTMLElement).focus(),
      onHide: () => this.#panel.hide() && this.#button.focus(),
      discard,
      busyMessage: 'Another job is running, here or in another tab. Finish or discard it, then try again.',
      unreadableMessage: 'An unfinished Masterpiece is stored here, but this version of Impasto cannot read it. Update Impasto, or discard it.',
    };
    this.#host = new JobHost(kind, store, viewer, controls, toast);
    store.subscribe(['engine'], ({ engine }) => engine && this.#enable());
    viewer.split.addEventListener('split', () => (this.#panel.comparing = viewer.split.value > 0));
    this.#button.addEventListener('click', () => this.#openDialog());
    this.#networkFile.addEventListener('change', () => {
      const [file] = this.#networkFile.files ?? [];
      this.#networkFile.value = '';
      if (file) this.#findNetwork(file);
    });
  }

  get #controller() {
    return this.#host.controller;
  }

  /** Names of photo and paintings for the file name, and the photo's EXIF data. */
  get exportInfo() {
    const run = this.#controller?.run;
    const tiff = run?.photoData === undefined ? undefined : Uint8Array.from(atob(run.photoData), (character) => character.charCodeAt(0));
    return { source: run?.name ?? '', style: `masterpiece ${run?.paintings.map(({ name }) => name).join(' ')}`, tiff };
  }

  /** @returns {Promise<Pixels>} the painting in the viewer */
  picture() {
    return this.#host.picture();
  }

  /** Enables the mode once the engine runs and a photo is shown, and offers an unfinished job. */
  #enable() {
    this.#button.disabled = false;
    return this.#host.restore();
  }

  /** The photo to optimize: none while a video is shown. */
  get #photo() {
    const { mode, photo } = this.store.state;
    return mode === 'video' ? undefined : photo;
  }

  async #openDialog() {
    if (!this.#photo) return;
    const requirements = await this.#host.dialogRequirements();
    // The photo may have changed in the meantime.
    const photo = this.#photo;
    if (!requirements || !photo) return;
    const { device, estimates } = requirements;
    this.#dialog.show(photo, this.styleOptions(), this.store.state.look.parts, {
      device,
      replaces: this.#controller !== undefined,
      estimates,
    });
  }

  /** @param {JobRequest} order */
  async #begin({ settings, minutes, start, network, styles: models }) {
    const photo = this.#photo;
    if (!photo) return;
    try {
      const { size = 0, styleScale = 1 } = settings;
      const pixels = photoPixels(photo, size, this.store.state.ground);
      // Larger strokes need more pixels of the painting.
      const longer = Math.max(size * Math.max(1, styleScale), 256);
      const paintings = await Promise.all(
        models.map(async ({ option, weight, mask, part }) => {
          const bitmap = await option.load();
          const { width, height } = bitmap;
          const painting = pixelsOf(whole(bitmap, Math.min(1, longer / Math.max(width, height))));
          bitmap.close();
          return { name: option.name, weight, pixels: painting, mask, part };
        }),
      );
      /** @type {OptimizeRun} */
      const run = {
        id: randomId(),
        name: photo.name,
        settings: { ...settings, size: Math.max(pixels.width, pixels.height) },
        minutes,
        photo: pixels,
        paintings,
        start: start === 'painting' ? await this.client.save() : start,
        network,
        ...(photo.tiff && { photoData: btoa(Array.from(photo.tiff, (byte) => String.fromCharCode(byte)).join('')) }),
      };
      await this.#host.begin(run);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  #recover() {
    const controller = this.#controller;
    if (!controller) return;
    if (controller.code === 'network') {
      this.#networkFile.click();
      return;
    }
    if (controller.code !== 'memory') {
      controller.retry(controller.code === 'checkpoint');
      return;
    }
    const size = nextSmallerSize(controller.run.settings.size ?? 0);
    if (!size) return;
    const { steps, smallest, ...settings } = controller.run.settings;
    this.#host.begin({ ...controller.run, id: randomId(), settings: { ...settings, size } });
  }

  /** Continues the job if the file is the network that it started with. @param {File} file */
  async #findNetwork(file) {
    const controller = this.#controller;
    const network = controller?.run.network;
    if (!controller || !network) return;
    try {
      const found = await setUserNetwork(file);
      if (found.sha256 === network.sha256) {
        await controller.retry();
        return;
      }
      const was = `the ${titleOf(network.name)} file that this Masterpiece started with, “${network.file}”`;
      this.toast.show(`“${file.name}” is not ${was}. Choose that file.`);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }
}

/** @param {OptimizeRun} run */
function captionOf({ name, paintings }) {
  return `after ${name}, in the style of ${paintings.map((painting) => painting.name).join(' + ')}`;
}

/** @param {JobController<OptimizeRun>} controller @param {boolean} offered whether it waits for the user to continue it */
function bannerText({ state, fraction, run }, offered) {
  const percent = `${Math.floor(fraction * 100)} %`;
  if (offered) return `An unfinished Masterpiece of “${run.name}”, ${percent} painted.`;
  return {
    preparing: 'The Masterpiece is being prepared.',
    running: `The Masterpiece is running: ${percent} painted.`,
    paused: `The Masterpiece is paused: ${percent} painted.`,
    failed: `The Masterpiece has stopped: ${percent} painted.`,
    finished: 'The Masterpiece is finished.',
  }[state];
}
