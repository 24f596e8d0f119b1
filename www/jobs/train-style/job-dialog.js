import { byId } from '../../common/dom.js';
import { inWords } from '../eta.js';
import { formatBytes } from '../../common/text.js';
import { isKept, stocked } from '../assets.js';
import { messageOf } from '../../common/errors.js';
import { cropForTests, recallChoices, recallPace, rememberChoices, USUAL } from './preferences.js';
import { CROPS, lengthOf, scenesFor, settingsOf, verdict } from './estimates.js';
import { PracticeTiles } from './dataset-picker.js';

/**
 * @import { OurNetwork } from '../../inference/protocol.js'
 * @import { TrainSettings } from '../../studio.js'
 * @import { Offer } from '../optimize-image/style-picker.js'
 * @import { Choices, Strength } from './estimates.js'
 */

/** A painting that is to be learnt, beside others. @typedef {{ offer: Offer, weight: number }} Wanted */
/** A course as it was ordered. @typedef {{ models: Wanted[], network: OurNetwork, settings: TrainSettings, photos: Offer[], scenes: number }} Order */

/** What a strength means for what comes out. @type {Record<Strength, string>} */
const MEANINGS = {
  light: 'keeps more of the photo',
  normal: 'as much painting as photo',
  heavy: 'more of the painting’s brush, and takes longer',
};

/** With what it blends, and what that means for what comes out. @type {Record<OurNetwork, string>} */
const NETWORKS = {
  transfer26: 'begins with what these have in common',
  arbitrary: 'begins with what it is now, and comes nearest to the painting',
};

/** The sheet in which a course is ordered: what to practise on, how strongly, how large the strokes, and a drawer with the rest. */
export class CourseDialog {
  #dialog = byId('lesson', HTMLDialogElement);
  #strengths = /** @type {HTMLInputElement[]} */ ([...this.#dialog.querySelectorAll('[name="lesson-strength"]')]);
  #networks = /** @type {HTMLInputElement[]} */ ([...this.#dialog.querySelectorAll('[name="lesson-network"]')]);
  #stroke = byId('lesson-stroke', HTMLInputElement);
  #steps = byId('lesson-steps', HTMLInputElement);
  #crop = byId('lesson-crop', HTMLSelectElement);
  #batch = byId('lesson-batch', HTMLSelectElement);
  #stability = byId('lesson-stability', HTMLSelectElement);
  #start = byId('lesson-start', HTMLSelectElement);
  #refusal = byId('lesson-refusal', HTMLElement);
  #begin = byId('lesson-begin', HTMLButtonElement);
  #practice = new PracticeTiles(() => this.#check(), (sentence) => this.#refuse(sentence));
  #software = false;
  /** @type {Wanted[]} */
  #models = [];
  /** The network of a style that has been learnt, and goes on learning. @type {OurNetwork | undefined} */
  #further;

  /** @param {(order: Order) => void} order */
  constructor(order) {
    this.#crop.append(...CROPS.map((side) => new Option(`${side} px`, String(side))));
    for (const input of [...this.#strengths, ...this.#networks, this.#crop, this.#batch]) input.addEventListener('change', () => this.#check());
    for (const input of [this.#stroke, this.#steps]) input.addEventListener('input', () => this.#check());
    byId('lesson-usual', HTMLButtonElement).addEventListener('click', () => this.#fill(USUAL));
    byId('lesson-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => this.#practice.endCamera());
    this.#begin.addEventListener('click', () => {
      const choices = this.#choices();
      const { photos, scenes } = this.#practice;
      const settings = settingsOf(choices, this.#software, cropForTests());
      if (!cropForTests()) rememberChoices(choices);
      this.#dialog.close();
      const network = this.#further ?? choices.network;
      order({ models: this.#models, network, settings, photos, scenes: scenes ? scenesFor(photos.length) : 0 });
    });
  }

  /**
   * @param {Wanted[]} models
   * @param {Offer[]} album photos that were opened
   * @param {string[]} styles that come with the network, any of which training can begin with
   * @param {{ software: boolean, replaces: boolean, further: OurNetwork | undefined }} about whether there is no GPU, whether another
   *   course comes to its end, and whether this one goes on with a style that has been learnt, of this network
   */
  show(models, album, styles, { software, replaces, further }) {
    this.#models = models;
    this.#software = software;
    this.#further = further;
    byId('lesson-title', HTMLElement).textContent = further ? 'Learn further' : 'Learn this style';
    byId('lesson-networks', HTMLElement).hidden = further !== undefined;
    const names = models.map(({ offer }) => `“${offer.name}”`).join(' and ');
    byId('lesson-name', HTMLElement).textContent = names;
    byId('lesson-paintings', HTMLElement).replaceChildren(
      ...models
        .filter(({ offer }) => offer.picture)
        .slice(0, 3)
        .map(({ offer }) => Object.assign(document.createElement('img'), { src: offer.picture, alt: '' })),
    );
    byId('lesson-styles', HTMLOptGroupElement).replaceChildren(...styles.map((name) => new Option(name, name)));
    this.#begin.textContent = replaces ? 'Learn instead of the other' : 'Learn';
    this.#fill(recallChoices());
    this.#practice.show(album);
    this.#showStock();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {Choices} choices */
  #fill({ network, strength, stroke, steps, crop, batch, stability, start }) {
    for (const input of this.#strengths) input.checked = input.value === strength;
    for (const input of this.#networks) input.checked = input.value === network;
    this.#stroke.value = String(stroke);
    this.#steps.value = steps ? String(steps) : '';
    for (const [select, value] of /** @type {[HTMLSelectElement, string | number][]} */ ([
      [this.#crop, crop],
      [this.#batch, batch],
      [this.#stability, stability],
      [this.#start, start],
    ])) {
      select.value = String(value);
      if (select.selectedIndex < 0) select.selectedIndex = 0;
    }
    this.#check();
  }

  /** @returns {Choices} */
  #choices() {
    return {
      network: /** @type {OurNetwork} */ (this.#networks.find(({ checked }) => checked)?.value ?? 'transfer26'),
      strength: /** @type {Strength} */ (this.#strengths.find(({ checked }) => checked)?.value ?? 'normal'),
      stroke: Number(this.#stroke.value),
      steps: Number(this.#steps.value) || 0,
      crop: Number(this.#crop.value),
      batch: Number(this.#batch.value),
      stability: Number(this.#stability.value),
      start: this.#start.value,
    };
  }

  /** Says what there is to practise on, how long it takes, and what is missing. */
  #check() {
    const choices = this.#choices();
    const { photos, scenes } = this.#practice;
    const { sentence, enough } = verdict(photos.length, scenes);
    byId('practice-verdict', HTMLElement).textContent = enough ? sentence : '';
    byId('lesson-meaning', HTMLElement).textContent = MEANINGS[choices.strength];
    byId('lesson-network', HTMLElement).textContent = NETWORKS[choices.network];
    this.#start.disabled = this.#further !== undefined || choices.network === 'arbitrary';
    showTimes(this.#stroke, byId('lesson-stroke-value', HTMLOutputElement));
    const settings = settingsOf(choices, this.#software, cropForTests());
    const time = inWords(lengthOf(settings, this.#software, recallPace(this.#software)));
    const slow = this.#software ? ' The browser finds no GPU here, so this is a smaller course than elsewhere.' : '';
    byId('lesson-time', HTMLElement).textContent = `${settings.steps} steps, ${time}; you can stop earlier.${slow}`;
    this.#steps.placeholder = String(settingsOf({ ...choices, steps: 0 }, this.#software).steps);
    if (!enough) this.#refuse(sentence);
    else if (!this.#steps.validity.valid) this.#refuse('Steps are a whole number from 1 to 3000; leave it empty for as many as usual.');
    else this.#refuse('');
    this.#begin.disabled = !enough || !this.#steps.validity.valid;
  }

  /** @param {string} sentence */
  #refuse(sentence) {
    this.#refusal.textContent = sentence;
    this.#refusal.hidden = !sentence;
  }

  async #showStock() {
    const text = byId('lesson-stock', HTMLElement);
    try {
      const files = await stocked();
      const packed = formatBytes(files.reduce((total, file) => total + file.packed, 0));
      text.textContent = (await isKept())
        ? 'What it needs is kept on this device and works offline.'
        : `Fetches ${packed} once, as a Masterpiece does; then works offline.`;
    } catch (error) {
      text.textContent = messageOf(error);
    }
  }
}

/** @param {HTMLInputElement} slider of a power of two @param {HTMLOutputElement} output */
function showTimes(slider, output) {
  const times = Math.round(2 ** Number(slider.value) * 100) / 100;
  output.textContent = `× ${times}`;
  slider.setAttribute('aria-valuetext', `${times} times the usual`);
  const [min, max] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty('--fill', `${((Number(slider.value) - min) / (max - min)) * 100}%`);
}
