import { randomId } from '../../common/ids.js';
import { byId } from '../../common/dom.js';
import { isCustomNetwork } from '../../common/networks.js';
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
import { loadEstimates } from '../load-estimates.js';
import { canShrink, CROPS, MOST_PHOTOS, subjectSize } from './choices.js';

/**
 * @import { Controls } from '../../app/controls.js'
 * @import { Store } from '../../app/store.js'
 * @import { Look, Network, Part, PhotoInput, Pixels } from '../../inference/protocol.js'
 * @import { PictureViewer } from '../../components/picture-viewer.js'
 * @import { ToastLine } from '../../components/toast-line.js'
 * @import { StyleRecord } from '../../styles/style-db.js'
 * @import { JobKind } from '../host.js'
 * @import { StyleOption } from '../style-options.js'
 * @import { JobController } from '../controller.js'
 * @import { TrainRequest, RequestedStyle } from './job-dialog.js'
 * @import { TrainRun } from './protocol.js'
 */

/** Why there is no training without WebGPU. */
/** The step time is saved every this number of steps. */
const NOTED_STEPS = 5;

/** The look of an unmodified style, for comparison. */
const DEFAULT_LOOK = { strength: 1, gentle: false, keepColors: false, split: 0, stroke: 1 };

/**
 * What the mode needs of the styles. `styleOptions` are the styles that have a painting, `networkOf` is the network of a blend,
 * `styleOf` finds a style, `saveTrainedStyle` adds a style to the list, `isTrained` says whether a style was trained, `choose`
 * selects it, `focus` moves the focus to the list.
 * @typedef {{ styleOptions: () => StyleOption[], networkOf: (parts: Part[]) => Network, focus: () => void,
 *   styleOf: (id: string) => Promise<Pick<StyleRecord, 'pack' | 'network' | 'source' | 'licence'> | undefined>,
 *   saveTrainedStyle: (style: { id: string, pack: Uint8Array, painting: Blob }, used: boolean) => Promise<boolean>,
 *   isTrained: (id: string) => boolean, choose: (id: string) => void }} StyleAccess
 */

/** The training mode: the dialog, the panel and the host of a training, whose result is a style in the list. */
export class TrainMode {
  /** The photos that were opened on this visit. */
  photoLibrary = new PhotoLibrary();
  #dialog = new TrainDialog((order) => this.#begin(order));
  #panel;
  /** Two buttons, of which the layout shows one. */
  #buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('.train-button')]);
  /** @type {JobHost<TrainRun>} */
  #host;
  /** The previous position of the split line. */
  #split = 0;
  /** Why the trained style could not be saved. */
  #saveError = '';

  /**
   * @param {Store} store
   * @param {{ stylize: (photo: PhotoInput, look: Look) => Promise<Pixels> }} client
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {StyleAccess} styles
   */
  constructor(store, client, viewer, controls, toast, styles) {
    this.store = store;
    this.client = client;
    this.viewer = viewer;
    this.toast = toast;
    this.styles = styles;
    this.#panel = new TrainPanel({
      close: () => this.#host.hide(),
      pause: () => (this.#controller?.state === 'paused' ? this.#controller.resume() : this.#controller?.pause()),
      stop: () => this.#stop(),
      compare: () => viewer.split.toggle(),
      recover: () => this.#recover(),
      discard: () => this.#host.discard(),
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
        startOptions: () => ({ device: this.#host.device }),
        readSaved,
      },
      mode: 'train',
      rootAttribute: 'training',
      banner,
      bannerText: (controller, offered) => bannerText(controller, offered, styles.isTrained(controller.run.id)),
      canContinue: ({ progress: { step, steps } }) => step < steps,
      discardLabel: ({ run }) => (styles.isTrained(run.id) ? 'Dismiss' : 'Discard'),
      background: ({ instant, subject }) => instant ?? subject,
      describe: ({ run }) => `${run.subjectName}, painted in the style learnt so far from ${namesOf(run)}`,
      updatePanel: (controller) => this.#panel.show(controller, this.#saveError),
      onChange: (controller) => this.#saveStepTime(controller),
      onFinish: (controller) => this.#saveStyle(controller),
      onShow: () => this.#onShow(),
      onHide: () => this.#onHide(),
      discard,
      busyMessage: 'Another job is running, here or in another tab. Finish or discard it, then try again.',
      unreadableMessage: 'An unfinished training is stored here, but this version of Impasto cannot read it. Update Impasto, or discard it.',
    };
    this.#host = new JobHost(kind, store, viewer, controls, toast);
    store.subscribe(['engine'], ({ engine }) => {
      if (!engine) return;
      this.#host.restore();
    });
    store.subscribe(['look'], ({ look }, before) => look.parts !== before.look.parts && this.#refresh());
    store.subscribe(['photo'], ({ photo }) => photo && !photo.credit && this.photoLibrary.add(photo));
    viewer.split.addEventListener('split', () => (this.#panel.comparing = viewer.split.value > 0));
    for (const button of this.#buttons) button.addEventListener('click', () => this.openDialog(store.state.look.parts));
  }

  get #controller() {
    return this.#host.controller;
  }

  /** Names of photo and style for the file name. */
  get exportInfo() {
    const run = this.#controller?.run;
    return { source: run?.subjectName ?? '', style: run?.name ?? '' };
  }

  /** @returns {Promise<Pixels>} the picture in the viewer */
  picture() {
    return this.#host.picture();
  }

  /** Updates the buttons after a change of the selected styles. */
  #refresh() {
    const { parts, network } = this.store.state.look;
    const further = this.#isTrained(parts);
    const can = (further || network === 'arbitrary') && this.#requestedStyles(parts).length > 0;
    for (const button of this.#buttons) {
      button.hidden = !can;
      const text = button.querySelector('span') ?? button;
      text.textContent = further ? 'Learn further' : button.id === 'learn' ? 'Learn this style' : 'Learn style';
    }
  }

  /** Opens the dialog. @param {Part[]} parts the styles to train as one */
  async openDialog(parts) {
    const models = this.#requestedStyles(parts);
    const { engine } = this.store.state;
    if (models.length === 0 || !engine) return;
    const { styles } = engine;
    const requirements = await this.#host.dialogRequirements();
    if (!requirements) return;
    const { device, estimates } = requirements;
    const further = this.#isTrained(parts) ? (await this.styles.styleOf(parts[0].id))?.network : undefined;
    this.#dialog.show(models, this.photoLibrary.photos, styles, {
      estimates,
      device,
      replaces: this.#controller?.isRunning ?? false,
      further: further && (isCustomNetwork(further) ? 'own' : further === 'arbitrary' ? further : 'transfer26'),
    });
  }

  /** Whether the selected style was trained here. @param {Part[]} parts */
  #isTrained(parts) {
    return parts.length === 1 && this.styles.isTrained(parts[0].id);
  }

  /** @param {Part[]} parts @returns {RequestedStyle[]} empty unless all of them have a painting; sorted by weight */
  #requestedStyles(parts) {
    const options = this.styles.styleOptions();
    const models = parts.flatMap(({ id, weight }) => {
      const option = options.find((other) => other.id === id);
      return option && weight > 0 ? [{ option, weight }] : [];
    });
    return models.length === parts.length ? models.sort((a, b) => b.weight - a.weight) : [];
  }

  /** @param {TrainRequest} order */
  async #begin({ styles: models, network, settings, photos, scenes }) {
    const { photo } = this.store.state;
    const device = await this.#host.findDevice();
    if (!photo) return;
    this.viewer.busy('Preparing the paintings …');
    try {
      const { trainingPhotoScale } = await loadEstimates();
      const { width, height } = photo.bitmap;
      const size = subjectSize({ width, height }, device !== 'graphics', cropForTests());
      const subject = pixelsOf(resample(photo.bitmap, { x: 0, y: 0, width, height }, size.width, size.height));
      const first = await models[0].option.load();
      const [painting, thumbnail] = [await storedPainting(first), await thumbnailOf(first)];
      first.close();
      const { id, name } = models[0].option;
      const styles = await Promise.all(models.map(({ option }) => this.styles.styleOf(option.id)));
      const further = models.length === 1 && this.styles.isTrained(id);
      const { crop = 0, painting: longest = 0 } = settings;
      /** @type {TrainRun} */
      const run = {
        id: further ? id : randomId(),
        name: further ? name : `${models.map(({ option }) => option.name).join(' + ')}, learnt`,
        network,
        starts: styles.flatMap((style, i) => {
          const fits = style && (style.network === network || (settings.allWeights && isCustomNetwork(style.network)));
          return fits ? [{ pack: style.pack, weight: models[i].weight }] : [];
        }),
        settings,
        paintings: await Promise.all(
          models.map(async ({ option, weight }) => {
            const scale = (/** @type {ImageBitmap} */ bitmap) => Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
            return { name: option.name, weight, pixels: await sized(option, scale) };
          }),
        ),
        photos: await Promise.all(photos.slice(0, MOST_PHOTOS).map((one) => sized(one, ({ width, height }) => trainingPhotoScale(width, height, crop)))),
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

  /**
   * The preview photo in the current style, for comparison.
   * @param {Pixels} subject
   * @param {RequestedStyle[]} models
   * @returns {Promise<Pixels | null>}
   */
  async #stylizeNow({ width, height, data }, models) {
    try {
      const parts = models.map(({ option, weight }) => ({ id: option.id, weight }));
      const look = { ...this.store.state.look, ...DEFAULT_LOOK, network: this.styles.networkOf(parts), parts };
      return await this.client.stylize({ width, height, data: data.slice() }, look);
    } catch (error) {
      // The comparison then shows the photo.
      console.info(error);
      return null;
    }
  }

  /** Stops the training and keeps the style. */
  async #stop() {
    const controller = this.#controller;
    // The style pack is made by a worker.
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
    if (canShrink(controller.run.settings)) this.#beginSmaller(controller.run);
  }

  /** Starts the training again with less memory. @param {TrainRun} run */
  async #beginSmaller(run) {
    const { crop: side = 0, batch: count = 1, painting: longest = 0 } = run.settings;
    try {
      const { smallerTraining } = await loadEstimates();
      const smaller = smallerTraining(side, count, longest, new Uint32Array(CROPS));
      if (!smaller) return;
      const [crop, batch, painting] = smaller;
      await this.#host.begin({ ...run, id: randomId(), settings: { ...run.settings, crop, batch, painting } });
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  /** @param {JobController<TrainRun>} controller */
  async #saveStyle(controller) {
    const { run, pack, progress } = controller;
    if (!pack) return;
    const watched = this.#host.isShown;
    try {
      const painting = new Blob([run.painting], { type: 'image/jpeg' });
      const kept = await this.styles.saveTrainedStyle({ id: run.id, pack, painting }, watched);
      // The style is chosen and shown. A training that was stopped early is kept, so that it can be continued.
      if (progress.step >= progress.steps) await this.#host.discard();
      if (!kept) return;
      const use = { label: 'Use it', run: () => this.styles.choose(run.id) };
      this.toast.show(`“${run.name}” is in the style list${blendsWith(run)}.`, watched ? undefined : use);
    } catch (error) {
      this.#saveError = `The style could not be saved: ${messageOf(error)}`;
      if (this.#host.isShown) this.#panel.show(controller, this.#saveError);
      else this.toast.show(this.#saveError);
    }
  }

  /** @param {JobController<TrainRun>} controller */
  #saveStepTime({ state, remainingMs: left, software, run: { settings }, progress: { step, steps } }) {
    const { crop = 0, batch = 1 } = settings;
    if (state !== 'running' || step % NOTED_STEPS !== 0 || step >= steps || !left || cropForTests()) return;
    saveStepTime(software, left / (steps - step) / (crop ** 2 * batch));
  }

  /** Shows before and after side by side. */
  #onShow() {
    const { split } = this.viewer;
    this.#split = split.value;
    split.value ||= 0.5;
    // Without a current stylization, the photo is shown next to the preview.
    if (!this.#controller?.run.instant) document.documentElement.dataset.training = 'photo';
    byId('train-panel-title', HTMLElement).focus();
  }

  #onHide() {
    this.viewer.split.value = this.#split;
    if (this.#panel.hide()) this.styles.focus();
  }
}

/**
 * @param {StyleOption} option
 * @param {(bitmap: ImageBitmap) => number} scale
 * @returns {Promise<Pixels>}
 */
async function sized(option, scale) {
  const bitmap = await option.load();
  const pixels = pixelsOf(whole(bitmap, scale(bitmap)));
  bitmap.close();
  return pixels;
}

/** @param {TrainRun} run */
function blendsWith({ settings: { allWeights }, network }) {
  if (allWeights) return ', and blends with no other style';
  return `, and blends with ${network === 'arbitrary' ? 'paintings' : 'the built-in styles'}`;
}

/** @param {TrainRun} run */
function namesOf({ paintings }) {
  return paintings.map(({ name }) => `“${name}”`).join(' and ');
}

/**
 * @param {JobController<TrainRun>} controller
 * @param {boolean} offered whether it waits for the user to continue it
 * @param {boolean} shelved whether the style is in the list already
 */
function bannerText({ state, progress: { step, steps }, run }, offered, shelved) {
  const percent = `${Math.floor((100 * step) / Math.max(1, steps))} %`;
  if (shelved && offered) return `Learning “${run.name}” was stopped at ${percent}. It can be continued.`;
  if (offered) return `Learning ${namesOf(run)} is not finished: ${percent}.`;
  return {
    preparing: `The studio is being prepared for ${namesOf(run)}.`,
    running: `${namesOf(run)} is being learnt: ${percent}.`,
    paused: `Learning ${namesOf(run)} is paused: ${percent}.`,
    failed: `Learning ${namesOf(run)} has stopped: ${percent}.`,
    finished: `${namesOf(run)} is learnt.`,
  }[state];
}
