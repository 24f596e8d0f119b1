import { byId } from '../../common/dom.js';
import { Easel } from '../host.js';
import { KeptNote } from '../resume-banner.js';
import { keptPainting, thumbnailOf } from '../../styles/painting.js';
import { pixelsOf, resample, whole } from '../../media/photo.js';
import { messageOf } from '../../common/errors.js';
import { scriptAddress } from '../../common/trusted-scripts.js';
import { Album } from './photo-library.js';
import { discard, recall } from './checkpoints.js';
import { cropForTests, rememberPace } from './preferences.js';
import { CourseDialog } from './job-dialog.js';
import { CoursePanel } from './panel.js';
import { lighter, MOST_PHOTOS, photoScale, subjectSize } from './estimates.js';

/**
 * @import { Controls } from '../../app/controls.js'
 * @import { Photo } from '../../media/decode.js'
 * @import { EngineInfo, Network, Part, Pixels } from '../../inference/protocol.js'
 * @import { PictureStage } from '../../components/picture-viewer.js'
 * @import { ToastLine } from '../../components/toast-line.js'
 * @import { OwnStyle } from '../../styles/style-db.js'
 * @import { Kind } from '../host.js'
 * @import { Offer } from '../optimize-image/style-picker.js'
 * @import { LiveRun } from '../controller.js'
 * @import { Order, Wanted } from './job-dialog.js'
 * @import { Course } from './protocol.js'
 */

/** The pace of a course is noted every so many steps. */
const NOTED_STEPS = 5;

/**
 * What the desk knows of the page. `offers` are the styles that have a painting, `paint` paints a picture in a blend of
 * them at once, `styleOf` knows one of them, `shelve` puts one that was learnt onto the shelf, `trained` asks for it there,
 * `choose` uses it. `comeBack` shows the photo as it was before, `enter` makes room on the stage.
 * @typedef {{ info: () => EngineInfo | undefined, photo: () => Photo | undefined, offers: () => Offer[], inUse: () => Part[],
 *   network: () => Network, focusShelf: () => void,
 *   paint: (photo: Pixels, parts: Part[]) => Promise<Pixels>,
 *   styleOf: (id: string) => Promise<Pick<OwnStyle, 'pack' | 'network' | 'source' | 'licence'> | undefined>,
 *   shelve: (style: { id: string, pack: Uint8Array, painting: Blob }, used: boolean) => Promise<boolean>,
 *   trained: (id: string) => boolean, choose: (id: string) => void, comeBack: () => void, enter: () => void }} Page
 */

/** Styles that the live network learns: ordered in a sheet, watched on their easel, and put onto the shelf. */
export class LearnDesk {
  /** The photos of this visit. */
  album = new Album();
  #dialog = new CourseDialog((order) => this.#begin(order));
  #panel;
  /** One beside the name of the style, one among the tools: the layout shows one of them. */
  #buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('.learn-style')]);
  /** @type {Easel<Course>} */
  #easel;
  /** Where the line was before. */
  #split = 0;
  /** Why the shelf has not taken what was learnt. */
  #refusal = '';

  /**
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {Page} page
   */
  constructor(stage, controls, toast, page) {
    this.stage = stage;
    this.toast = toast;
    this.page = page;
    this.#panel = new CoursePanel({
      aside: () => this.leave(true),
      pause: () => (this.#live?.state === 'paused' ? this.#live.resume() : this.#live?.pause()),
      stop: () => this.#stop(),
      compare: () => stage.split.toggle(),
      remedy: () => this.#remedy(),
      drop: () => this.#easel.discard(),
    });
    const note = new KeptNote('kept-course', {
      show: () => this.#easel.enter(),
      goOn: () => this.#easel.goOn(),
      drop: () => this.#easel.discard(),
    });
    /** @type {Kind<Course>} */
    const kind = {
      studio: {
        worker: () => new Worker(scriptAddress('jobs/train-style/worker.js'), { type: 'module', name: 'impasto learning' }),
        recall,
      },
      mark: 'learning',
      note,
      told: (live, offered) => told(live, offered, page.trained(live.run.id)),
      waits: ({ progress: { step, steps } }) => step < steps,
      dropping: ({ run }) => (page.trained(run.id) ? 'Dismiss' : 'Discard'),
      beneath: ({ instant, subject }) => instant ?? subject,
      describe: ({ run }) => `${run.subjectName}, painted in what has been learnt of ${namesOf(run)} so far`,
      show: (live) => this.#panel.show(live, this.#refusal),
      changed: (live) => this.#notePace(live),
      finished: (live) => this.#shelve(live),
      entered: () => this.#entered(),
      left: () => this.#left(),
      discard,
      refusal: 'Another tab has the studio, or a Masterpiece is being painted here. Finish or discard that, then try again.',
      unreadable: 'A style that was being learnt was kept here, but this version of Impasto cannot read it.',
    };
    this.#easel = new Easel(kind, stage, controls, toast, page);
    stage.split.addEventListener('split', () => (this.#panel.comparing = stage.split.value > 0));
    for (const button of this.#buttons) button.addEventListener('click', () => this.order(page.inUse()));
  }

  get #live() {
    return this.#easel.live;
  }

  /** Whether it is what hangs there. */
  get onStage() {
    return this.#easel.onStage;
  }

  /** Photo and style of what hangs there. */
  get subject() {
    const run = this.#live?.run;
    return { source: run?.subjectName ?? '', style: run?.name ?? '' };
  }

  /** @returns {Promise<Pixels>} the picture on the stage */
  picture() {
    return this.#easel.picture();
  }

  /** The engine stands: what is unfinished is offered. */
  open() {
    return this.#easel.recall();
  }

  /** Other styles are in use: whether these can be learnt. */
  refresh() {
    const parts = this.page.inUse();
    const further = this.#isFurther(parts);
    const can = (further || this.page.network() === 'arbitrary') && this.#wanted(parts).length > 0;
    for (const button of this.#buttons) {
      button.hidden = !can;
      const text = button.querySelector('span') ?? button;
      text.textContent = further ? 'Learn further' : button.id === 'learn' ? 'Learn this style' : 'Learn style';
    }
  }

  /**
   * Something else comes onto the stage: the course goes on aside.
   * @param {boolean} [back] whether that is what was there before
   */
  leave(back = false) {
    this.#easel.leave(back);
  }

  /** Opens the sheet. @param {Part[]} parts styles that are to be learnt as one */
  async order(parts) {
    const models = this.#wanted(parts);
    const info = this.page.info();
    if (models.length === 0 || !info) return;
    const { software, styles } = info;
    const further = this.#isFurther(parts) ? (await this.page.styleOf(parts[0].id))?.network : undefined;
    this.#dialog.show(models, this.album.photos, styles, {
      software,
      replaces: this.#live?.working ?? false,
      further: further && (further === 'arbitrary' ? further : 'transfer26'),
    });
  }

  /** Whether it has been learnt already. @param {Part[]} parts */
  #isFurther(parts) {
    return parts.length === 1 && this.page.trained(parts[0].id);
  }

  /** @param {Part[]} parts @returns {Wanted[]} nothing unless all of them have a painting; the greatest part first */
  #wanted(parts) {
    const offers = this.page.offers();
    const models = parts.flatMap(({ id, weight }) => {
      const offer = offers.find((other) => other.id === id);
      return offer && weight > 0 ? [{ offer, weight }] : [];
    });
    return models.length === parts.length ? models.sort((a, b) => b.weight - a.weight) : [];
  }

  /** @param {Order} order */
  async #begin({ models, network, settings, photos, scenes }) {
    const photo = this.page.photo();
    if (!photo) return;
    this.stage.busy('Setting out the paintings …');
    try {
      const software = this.page.info()?.software ?? false;
      const { width, height } = photo.bitmap;
      const size = subjectSize({ width, height }, software, cropForTests());
      const subject = pixelsOf(resample(photo.bitmap, { x: 0, y: 0, width, height }, size.width, size.height));
      const first = await models[0].offer.load();
      const [painting, thumbnail] = [await keptPainting(first), await thumbnailOf(first)];
      first.close();
      const { id, name } = models[0].offer;
      const styles = await Promise.all(models.map(({ offer }) => this.page.styleOf(offer.id)));
      const further = models.length === 1 && this.page.trained(id);
      const { crop = 0, painting: longest = 0 } = settings;
      /** @type {Course} */
      const course = {
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
        instant: await this.#instant(subject, models),
        source: styles[0]?.source ?? '',
        licence: styles[0]?.licence ?? '',
        painting: new Uint8Array(await painting.arrayBuffer()),
        thumbnail: new Uint8Array(thumbnail),
      };
      this.#refusal = '';
      await this.#easel.begin(course);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
    this.stage.idle();
  }

  /** The same photo in the style as it is now. @param {Pixels} subject @param {Wanted[]} models @returns {Promise<Pixels | null>} */
  async #instant({ width, height, data }, models) {
    try {
      const parts = models.map(({ offer, weight }) => ({ id: offer.id, weight }));
      return await this.page.paint({ width, height, data: data.slice() }, parts);
    } catch (error) {
      // The comparison is with the photo, then.
      console.info(error);
      return null;
    }
  }

  /** What was learnt so far is kept. */
  async #stop() {
    const live = this.#live;
    // Only a worker makes a style of it.
    if (live?.state === 'failed') await live.retry();
    live?.stop();
  }

  #remedy() {
    const live = this.#live;
    if (!live) return;
    if (live.state === 'finished') {
      this.#shelve(live);
      return;
    }
    if (live.fault !== 'memory') {
      live.retry(live.fault === 'checkpoint');
      return;
    }
    const settings = lighter(live.run.settings);
    if (settings) this.#easel.begin({ ...live.run, id: crypto.randomUUID(), settings });
  }

  /** @param {LiveRun<Course>} live */
  async #shelve(live) {
    const { run, pack, progress } = live;
    if (!pack) return;
    const watched = this.onStage;
    try {
      const painting = new Blob([run.painting], { type: 'image/jpeg' });
      const kept = await this.page.shelve({ id: run.id, pack, painting }, watched);
      // It is chosen, and leaves the stage to it. What was stopped early can go on.
      if (progress.step >= progress.steps) await this.#easel.discard();
      if (!kept) return;
      const use = { label: 'Use it', run: () => this.page.choose(run.id) };
      const where = `is on the shelf, and blends with ${run.network === 'arbitrary' ? 'paintings' : 'the built-in styles'}.`;
      this.toast.show(`“${run.name}” ${where}`, watched ? undefined : use);
    } catch (error) {
      this.#refusal = `The shelf could not take it: ${messageOf(error)}`;
      if (this.onStage) this.#panel.show(live, this.#refusal);
      else this.toast.show(this.#refusal);
    }
  }

  /** @param {LiveRun<Course>} live */
  #notePace({ state, left, software, run: { settings }, progress: { step, steps } }) {
    const { crop = 0, batch = 1 } = settings;
    if (state !== 'painting' || step % NOTED_STEPS !== 0 || step >= steps || !left || cropForTests()) return;
    rememberPace(software, left / (steps - step) / (crop ** 2 * batch));
  }

  /** Before and after are side by side from the beginning. */
  #entered() {
    const { split } = this.stage;
    this.#split = split.value;
    split.value ||= 0.5;
    // Where the style could not be painted at once, the photo is beside it.
    if (!this.#live?.run.instant) document.documentElement.dataset.learning = 'photo';
    byId('course-title', HTMLElement).focus();
  }

  #left() {
    this.stage.split.value = this.#split;
    if (this.#panel.hide()) this.page.focusShelf();
  }
}

/**
 * @param {Offer} offer
 * @param {(bitmap: ImageBitmap) => number} scale
 * @returns {Promise<Pixels>}
 */
async function sized(offer, scale) {
  const bitmap = await offer.load();
  const pixels = pixelsOf(whole(bitmap, scale(bitmap)));
  bitmap.close();
  return pixels;
}

/** @param {Course} course */
function namesOf({ paintings }) {
  return paintings.map(({ name }) => `“${name}”`).join(' and ');
}

/**
 * @param {LiveRun<Course>} live
 * @param {boolean} offered whether it waits for a word to go on
 * @param {boolean} shelved whether what it has learnt so far is on the shelf
 */
function told({ state, progress: { step, steps }, run }, offered, shelved) {
  const percent = `${Math.floor((100 * step) / Math.max(1, steps))} %`;
  if (shelved && offered) return `“${run.name}” was stopped at ${percent}, and can go on learning.`;
  if (offered) return `${namesOf(run)} is half learnt: ${percent}.`;
  return {
    preparing: `The studio is being set up for ${namesOf(run)}.`,
    painting: `${namesOf(run)} is being learnt: ${percent}.`,
    paused: `Learning ${namesOf(run)} rests: ${percent}.`,
    failed: `Learning ${namesOf(run)} has stopped: ${percent}.`,
    finished: `${namesOf(run)} is learnt.`,
  }[state];
}
