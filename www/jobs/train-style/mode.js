import { byId } from '../../common/dom.js';
import { JobHost } from '../host.js';
import { ResumeBanner } from '../resume-banner.js';
import { storedPainting, thumbnailOf } from '../../styles/painting.js';
import { pixelsOf, resample, whole } from '../../media/photo.js';
import { messageOf } from '../../common/errors.js';
import { scriptAddress } from '../../common/trusted-scripts.js';
import { PhotoLibrary } from './photo-library.js';
import { discard, readSaved } from './checkpoints.js';
import { cropForTests, saveStepTime } from './preferences.js';
import { TrainDialog } from './job-dialog.js';
import { TrainPanel } from './panel.js';
import { withLessMemory, MOST_PHOTOS, photoScale, subjectSize } from './estimates.js';

/**
 * @import { Controls } from '../../app/controls.js'
 * @import { Photo } from '../../media/decode.js'
 * @import { EngineInfo, Network, Part, Pixels } from '../../inference/protocol.js'
 * @import { PictureViewer } from '../../components/picture-viewer.js'
 * @import { ToastLine } from '../../components/toast-line.js'
 * @import { StyleRecord } from '../../styles/style-db.js'
 * @import { JobKind } from '../host.js'
 * @import { StyleOption } from '../style-options.js'
 * @import { JobController } from '../controller.js'
 * @import { TrainRequest, RequestedStyle } from './job-dialog.js'
 * @import { TrainRun } from './protocol.js'
 */

/** The pace of a run is noted every so many steps. */
const NOTED_STEPS = 5;

/**
 * What the desk knows of the page. `offers` are the styles that have a painting, `paint` paints a picture in a blend of
 * them at once, `styleOf` knows one of them, `shelve` puts one that was learnt onto the style list, `trained` asks for it there,
 * `choose` uses it. `comeBack` shows the photo as it was before, `enter` makes room in the viewer.
 * @typedef {{ info: () => EngineInfo | undefined, photo: () => Photo | undefined, styleOptions: () => StyleOption[], selectedStyles: () => Part[],
 *   network: () => Network, focusStyleList: () => void,
 *   stylize: (photo: Pixels, parts: Part[]) => Promise<Pixels>,
 *   styleOf: (id: string) => Promise<Pick<StyleRecord, 'pack' | 'network' | 'source' | 'licence'> | undefined>,
 *   saveTrainedStyle: (style: { id: string, pack: Uint8Array, painting: Blob }, used: boolean) => Promise<boolean>,
 *   isTrained: (id: string) => boolean, choose: (id: string) => void, restorePhoto: () => void, prepareViewer: () => void }} TrainCallbacks
 */

/** Styles that the live network learns: ordered in a sheet, watched on their easel, and put onto the style list. */
export class TrainMode {
  /** The photos of this visit. */
  photoLibrary = new PhotoLibrary();
  #dialog = new TrainDialog((order) => this.#begin(order));
  #panel;
  /** One beside the name of the style, one among the tools: the layout shows one of them. */
  #buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('.train-button')]);
  /** @type {JobHost<TrainRun>} */
  #host;
  /** Where the line was before. */
  #split = 0;
  /** Why the style list has not taken what was learnt. */
  #saveError = '';

  /**
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {TrainCallbacks} page
   */
  constructor(viewer, controls, toast, page) {
    this.viewer = viewer;
    this.toast = toast;
    this.page = page;
    this.#panel = new TrainPanel({
      aside: () => this.hide(true),
      pause: () => (this.#controller?.state === 'paused' ? this.#controller.resume() : this.#controller?.pause()),
      stop: () => this.#stop(),
      compare: () => viewer.split.toggle(),
      remedy: () => this.#recover(),
      drop: () => this.#host.discard(),
    });
    const banner = new ResumeBanner('train-banner', {
      show: () => this.#host.show(),
      resume: () => this.#host.resume(),
      discard: () => this.#host.discard(),
    });
    /** @type {JobKind<TrainRun>} */
    const kind = {
      runtime: {
        createWorker: () => new Worker(scriptAddress('jobs/train-style/worker.js'), { type: 'module', name: 'impasto learning' }),
        readSaved,
      },
      rootAttribute: 'training',
      banner,
      bannerText: (controller, offered) => bannerText(controller, offered, page.isTrained(controller.run.id)),
      canContinue: ({ progress: { step, steps } }) => step < steps,
      discardLabel: ({ run }) => (page.isTrained(run.id) ? 'Dismiss' : 'Discard'),
      background: ({ instant, subject }) => instant ?? subject,
      describe: ({ run }) => `${run.subjectName}, painted in what has been learnt of ${namesOf(run)} so far`,
      updatePanel: (controller) => this.#panel.show(controller, this.#saveError),
      onChange: (controller) => this.#saveStepTime(controller),
      onFinish: (controller) => this.#saveStyle(controller),
      onShow: () => this.#onShow(),
      onHide: () => this.#onHide(),
      discard,
      busyMessage: 'Another tab has the studio, or a Masterpiece is being painted here. Finish or discard that, then try again.',
      unreadableMessage: 'A style that was being learnt was kept here, but this version of Impasto cannot read it.',
    };
    this.#host = new JobHost(kind, viewer, controls, toast, page);
    viewer.split.addEventListener('split', () => (this.#panel.comparing = viewer.split.value > 0));
    for (const button of this.#buttons) button.addEventListener('click', () => this.openDialog(page.selectedStyles()));
  }

  get #controller() {
    return this.#host.controller;
  }

  /** Whether it is what hangs there. */
  get isShown() {
    return this.#host.isShown;
  }

  /** Photo and style of what hangs there. */
  get exportInfo() {
    const run = this.#controller?.run;
    return { source: run?.subjectName ?? '', style: run?.name ?? '' };
  }

  /** @returns {Promise<Pixels>} the picture in the viewer */
  picture() {
    return this.#host.picture();
  }

  /** The engine stands: what is unfinished is offered. */
  enable() {
    return this.#host.restore();
  }

  /** Other styles are in use: whether these can be learnt. */
  refresh() {
    const parts = this.page.selectedStyles();
    const further = this.#isTrained(parts);
    const can = (further || this.page.network() === 'arbitrary') && this.#requestedStyles(parts).length > 0;
    for (const button of this.#buttons) {
      button.hidden = !can;
      const text = button.querySelector('span') ?? button;
      text.textContent = further ? 'Learn further' : button.id === 'learn' ? 'Learn this style' : 'Learn style';
    }
  }

  /**
   * Something else comes into the viewer: the run goes on aside.
   * @param {boolean} [back] whether that is what was there before
   */
  hide(back = false) {
    this.#host.hide(back);
  }

  /** Opens the sheet. @param {Part[]} parts styles that are to be learnt as one */
  async openDialog(parts) {
    const models = this.#requestedStyles(parts);
    const info = this.page.info();
    if (models.length === 0 || !info) return;
    const { software, styles } = info;
    const further = this.#isTrained(parts) ? (await this.page.styleOf(parts[0].id))?.network : undefined;
    this.#dialog.show(models, this.photoLibrary.photos, styles, {
      software,
      replaces: this.#controller?.isRunning ?? false,
      further: further && (further === 'arbitrary' ? further : 'transfer26'),
    });
  }

  /** Whether it has been learnt already. @param {Part[]} parts */
  #isTrained(parts) {
    return parts.length === 1 && this.page.isTrained(parts[0].id);
  }

  /** @param {Part[]} parts @returns {RequestedStyle[]} nothing unless all of them have a painting; the greatest part first */
  #requestedStyles(parts) {
    const offers = this.page.styleOptions();
    const models = parts.flatMap(({ id, weight }) => {
      const offer = offers.find((other) => other.id === id);
      return offer && weight > 0 ? [{ offer, weight }] : [];
    });
    return models.length === parts.length ? models.sort((a, b) => b.weight - a.weight) : [];
  }

  /** @param {TrainRequest} order */
  async #begin({ styles: models, network, settings, photos, scenes }) {
    const photo = this.page.photo();
    if (!photo) return;
    this.viewer.busy('Setting out the paintings …');
    try {
      const software = this.page.info()?.software ?? false;
      const { width, height } = photo.bitmap;
      const size = subjectSize({ width, height }, software, cropForTests());
      const subject = pixelsOf(resample(photo.bitmap, { x: 0, y: 0, width, height }, size.width, size.height));
      const first = await models[0].offer.load();
      const [painting, thumbnail] = [await storedPainting(first), await thumbnailOf(first)];
      first.close();
      const { id, name } = models[0].offer;
      const styles = await Promise.all(models.map(({ offer }) => this.page.styleOf(offer.id)));
      const further = models.length === 1 && this.page.isTrained(id);
      const { crop = 0, painting: longest = 0 } = settings;
      /** @type {TrainRun} */
      const run = {
        id: further ? id : crypto.randomUUID(),
        name: further ? name : `${models.map(({ offer }) => offer.name).join(' + ')}, learnt`,
        network,
        starts: styles.flatMap((style, i) => (style?.network === network ? [{ pack: style.pack, weight: models[i].weight }] : [])),
        settings,
        paintings: await Promise.all(
          models.map(async ({ offer, weight }) => {
            const scale = (/** @type {ImageBitmap} */ bitmap) => Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
            return { name: offer.name, weight, pixels: await sized(offer, scale) };
          }),
        ),
        photos: await Promise.all(photos.slice(0, MOST_PHOTOS).map((one) => sized(one, (bitmap) => photoScale(bitmap, crop)))),
        scenes,
        subject,
        subjectName: photo.name,
        instant: await this.#stylizeNow(subject, models),
        source: styles[0]?.source ?? '',
        licence: styles[0]?.licence ?? '',
        painting: new Uint8Array(await painting.arrayBuffer()),
        thumbnail: new Uint8Array(thumbnail),
      };
      this.#saveError = '';
      await this.#host.begin(run);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
    this.viewer.idle();
  }

  /** The same photo in the style as it is now. @param {Pixels} subject @param {RequestedStyle[]} models @returns {Promise<Pixels | null>} */
  async #stylizeNow({ width, height, data }, models) {
    try {
      const parts = models.map(({ offer, weight }) => ({ id: offer.id, weight }));
      return await this.page.stylize({ width, height, data: data.slice() }, parts);
    } catch (error) {
      // The comparison is with the photo, then.
      console.info(error);
      return null;
    }
  }

  /** What was learnt so far is kept. */
  async #stop() {
    const controller = this.#controller;
    // Only a worker makes a style of it.
    if (controller?.state === 'failed') await controller.retry();
    controller?.stop();
  }

  #recover() {
    const controller = this.#controller;
    if (!controller) return;
    if (controller.state === 'finished') {
      this.#saveStyle(controller);
      return;
    }
    if (controller.code !== 'memory') {
      controller.retry(controller.code === 'checkpoint');
      return;
    }
    const settings = withLessMemory(controller.run.settings);
    if (settings) this.#host.begin({ ...controller.run, id: crypto.randomUUID(), settings });
  }

  /** @param {JobController<TrainRun>} controller */
  async #saveStyle(controller) {
    const { run, pack, progress } = controller;
    if (!pack) return;
    const watched = this.isShown;
    try {
      const painting = new Blob([run.painting], { type: 'image/jpeg' });
      const kept = await this.page.saveTrainedStyle({ id: run.id, pack, painting }, watched);
      // It is chosen, and leaves the viewer to it. What was stopped early can go on.
      if (progress.step >= progress.steps) await this.#host.discard();
      if (!kept) return;
      const use = { label: 'Use it', run: () => this.page.choose(run.id) };
      const where = `is in the style list, and blends with ${run.network === 'arbitrary' ? 'paintings' : 'the built-in styles'}.`;
      this.toast.show(`“${run.name}” ${where}`, watched ? undefined : use);
    } catch (error) {
      this.#saveError = `The style could not be saved: ${messageOf(error)}`;
      if (this.isShown) this.#panel.show(controller, this.#saveError);
      else this.toast.show(this.#saveError);
    }
  }

  /** @param {JobController<TrainRun>} controller */
  #saveStepTime({ state, remainingMs: left, software, run: { settings }, progress: { step, steps } }) {
    const { crop = 0, batch = 1 } = settings;
    if (state !== 'running' || step % NOTED_STEPS !== 0 || step >= steps || !left || cropForTests()) return;
    saveStepTime(software, left / (steps - step) / (crop ** 2 * batch));
  }

  /** Before and after are side by side from the beginning. */
  #onShow() {
    const { split } = this.viewer;
    this.#split = split.value;
    split.value ||= 0.5;
    // Where the style could not be painted at once, the photo is beside it.
    if (!this.#controller?.run.instant) document.documentElement.dataset.training = 'photo';
    byId('train-panel-title', HTMLElement).focus();
  }

  #onHide() {
    this.viewer.split.value = this.#split;
    if (this.#panel.hide()) this.page.focusStyleList();
  }
}

/**
 * @param {StyleOption} offer
 * @param {(bitmap: ImageBitmap) => number} scale
 * @returns {Promise<Pixels>}
 */
async function sized(offer, scale) {
  const bitmap = await offer.load();
  const pixels = pixelsOf(whole(bitmap, scale(bitmap)));
  bitmap.close();
  return pixels;
}

/** @param {TrainRun} run */
function namesOf({ paintings }) {
  return paintings.map(({ name }) => `“${name}”`).join(' and ');
}

/**
 * @param {JobController<TrainRun>} controller
 * @param {boolean} offered whether it waits for a word to go on
 * @param {boolean} shelved whether what it has learnt so far is in the style list
 */
function bannerText({ state, progress: { step, steps }, run }, offered, shelved) {
  const percent = `${Math.floor((100 * step) / Math.max(1, steps))} %`;
  if (shelved && offered) return `“${run.name}” was stopped at ${percent}, and can go on learning.`;
  if (offered) return `${namesOf(run)} is half learnt: ${percent}.`;
  return {
    preparing: `The studio is being set up for ${namesOf(run)}.`,
    running: `${namesOf(run)} is being learnt: ${percent}.`,
    paused: `Learning ${namesOf(run)} rests: ${percent}.`,
    failed: `Learning ${namesOf(run)} has stopped: ${percent}.`,
    finished: `${namesOf(run)} is learnt.`,
  }[state];
}
