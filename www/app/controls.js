/**
 * @import { EngineInfo } from '../inference/protocol.js'
 * @import { Format } from '../media/encode.js'
 * @import { Settings } from './settings.js'
 * @import { Ground } from '../media/transparency.js'
 */

import { byId } from '../common/dom.js';
import { canShare } from '../media/encode.js';

/** On offer for moving pictures: paces that are held with as many lines as can be, and fixed lines. */
const PACES = [24, 30, 60, 12];
const LINES = [192, 288, 360, 540, 720, 1080];

/** Longer sides on offer. Software adapters take seconds where a GPU takes milliseconds, and begin small. */
const SIZES = [384, 512, 768, 1024, 1600, 2048];
const DEFAULT_SIZE = 1024;
const DEFAULT_SIZE_IN_SOFTWARE = 384;

/** The label beside the picture: what hangs there, and the controls. */
export class Controls {
  #strength = byId('strength', HTMLInputElement);
  #strengthValue = byId('strength-value', HTMLOutputElement);
  #keepColors = byId('keep-colors', HTMLInputElement);
  /** The slider's value is a power of two. */
  #stroke = byId('stroke', HTMLInputElement);
  #strokeValue = byId('stroke-value', HTMLOutputElement);
  #gentle = byId('gentle', HTMLInputElement);
  #brushwork = byId('brushwork', HTMLInputElement);
  #brushworkValue = byId('brushwork-value', HTMLOutputElement);
  #steady = byId('steady', HTMLInputElement);
  #ground = byId('ground', HTMLSelectElement);
  #groundColour = byId('ground-colour', HTMLInputElement);
  #groundRow = byId('ground-colour-row', HTMLElement);
  #photoData = byId('photo-data', HTMLInputElement);
  #undo = byId('undo', HTMLButtonElement);
  #size = byId('size', HTMLSelectElement);
  #compare = byId('compare', HTMLButtonElement);
  #saveButton = byId('save', HTMLButtonElement);
  #samples = byId('samples', HTMLElement);
  #caption = byId('caption', HTMLElement);
  #adapter = byId('adapter', HTMLElement);
  #camera = byId('camera', HTMLButtonElement);
  #joining = byId('joining', HTMLInputElement);
  #isVideo = false;
  /** A pace, such as `pace 24`, or lines, such as `360`. */
  #videoChoice = `pace ${PACES[0]}`;
  /** The longer side, while moving pictures use the list for their lines. */
  #photoSize = 0;
  /** @type {HTMLOptionElement[]} */
  #photoOptions = [];
  /** @type {number | undefined} the size, once the user has chosen one on this visit */
  chosenSize;

  /**
   * @param {Settings} settings
   * @param {{ id: string, name: string }[]} samples
   */
  constructor(settings, samples) {
    this.#steady.checked = settings.steady;
    this.#ground.value = settings.ground.keep ? 'keep' : 'fill';
    this.#groundColour.value = settings.ground.colour;
    this.#groundRow.hidden = settings.ground.keep;
    this.#photoData.checked = settings.photoData;
    this.setValues(settings);
    for (const { id, name } of samples) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sample';
      button.dataset.sample = id;
      button.title = name;
      const image = document.createElement('img');
      image.src = `assets/photos/${id}.webp`;
      image.alt = name;
      button.append(image);
      this.#samples.append(button);
    }
  }

  /**
   * @param {{ open: () => void, save: () => void, compare: () => void, look: () => void, size: () => void,
   *   ground: () => void, photoData: () => void,
   *   camera: () => void, random: () => void, joining: (on: boolean) => void, undo: () => void, copy: () => void,
   *   share: () => void, asStyle: () => void, sample: (id: string) => void }} act
   */
  listen(act) {
    byId('open', HTMLButtonElement).addEventListener('click', act.open);
    byId('help', HTMLButtonElement).addEventListener('click', () => this.showHelp());
    this.#saveButton.addEventListener('click', act.save);
    this.#compare.addEventListener('click', act.compare);
    this.#camera.addEventListener('click', act.camera);
    byId('copy', HTMLButtonElement).addEventListener('click', act.copy);
    const share = byId('share', HTMLButtonElement);
    share.addEventListener('click', act.share);
    share.hidden = !canShare(new File([''], 'a.png', { type: 'image/png' }));
    byId('as-style', HTMLButtonElement).addEventListener('click', act.asStyle);
    byId('random', HTMLButtonElement).addEventListener('click', act.random);
    this.#joining.addEventListener('change', () => act.joining(this.#joining.checked));
    this.#strength.addEventListener('input', () => {
      this.#showStrength();
      act.look();
    });
    this.#keepColors.addEventListener('change', act.look);
    this.#gentle.addEventListener('change', act.look);
    this.#brushwork.addEventListener('input', () => {
      showPercent(this.#brushwork, this.#brushworkValue);
      act.look();
    });
    this.#steady.addEventListener('change', act.look);
    this.#ground.addEventListener('change', () => {
      this.#groundRow.hidden = this.ground.keep;
      act.ground();
    });
    this.#groundColour.addEventListener('change', act.ground);
    this.#photoData.addEventListener('change', act.photoData);
    this.#undo.addEventListener('click', act.undo);
    // Strokes of another size take another session: the slider is waited for.
    this.#stroke.addEventListener('input', () => this.#showStroke());
    this.#stroke.addEventListener('change', act.look);
    this.#size.addEventListener('change', () => {
      if (this.#isVideo) this.#videoChoice = this.#size.value;
      else this.chosenSize = this.size;
      act.size();
    });
    for (const button of this.#samples.querySelectorAll('button')) {
      button.addEventListener('click', () => act.sample(button.dataset.sample ?? ''));
    }
  }

  showOffline() {
    byId('offline', HTMLElement).hidden = false;
  }

  showHelp() {
    byId('help-sheet', HTMLDialogElement).showModal();
  }

  /** 0..1 */
  get strength() {
    return Number(this.#strength.value) / 100;
  }

  set strength(part) {
    this.#strength.value = String(Math.round(part * 100));
    this.#showStrength();
  }

  /**
   * Shows what was chosen before.
   * @param {Pick<Settings, 'strength' | 'keepColors' | 'gentle' | 'stroke' | 'brushwork'>} settings
   */
  setValues({ strength, keepColors, gentle, stroke, brushwork }) {
    this.strength = strength;
    this.#keepColors.checked = keepColors;
    this.#gentle.checked = gentle;
    this.#brushwork.value = String(Math.round(brushwork * 100));
    showPercent(this.#brushwork, this.#brushworkValue);
    this.#stroke.value = String(Math.log2(stroke));
    this.#showStroke();
  }

  /** @param {boolean} can */
  set canUndo(can) {
    this.#undo.disabled = !can;
  }

  /** How large strokes are, 1 for those of the network. */
  get stroke() {
    return Math.round(2 ** Number(this.#stroke.value) * 100) / 100;
  }

  /** Whether moving pictures are kept from flickering. */
  get steady() {
    return this.#steady.checked;
  }

  /** What lies behind transparent pictures. @returns {Ground} */
  get ground() {
    return { keep: this.#ground.value === 'keep', colour: this.#groundColour.value };
  }

  /** Whether files keep date, place and camera of their photo. */
  get photoData() {
    return this.#photoData.checked;
  }

  /** @returns {Format} */
  get format() {
    return /** @type {Format} */ (byId('format', HTMLSelectElement).value);
  }

  /** Whether paintings are weakened towards the photo's own style. */
  get gentle() {
    return this.#gentle.checked;
  }

  /** How much there is to lay strokes along where the photo is flat, 0..1. */
  get brushwork() {
    return Number(this.#brushwork.value) / 100;
  }

  /** @param {boolean} can whether the style in use is a painting's, which can be gentle and has brushwork */
  set usesEncoder(can) {
    for (const input of [this.#gentle, this.#brushwork]) /** @type {HTMLElement} */ (input.parentElement).hidden = !can;
  }

  get keepColors() {
    return this.#keepColors.checked;
  }

  /** The longer side to paint at, in pixels. */
  get size() {
    return this.#isVideo ? this.#photoSize : Number(this.#size.value);
  }

  /** The lines that moving pictures are painted with; 0 holds the pace. */
  get lines() {
    return Number(this.#videoChoice) || 0;
  }

  /** The pace that moving pictures hold, unless the lines are fixed. */
  get framesPerSecond() {
    return this.lines ? PACES[0] : Number(this.#videoChoice.split(' ')[1]);
  }

  /** @param {boolean} on */
  set cameraOn(on) {
    this.#camera.setAttribute('aria-pressed', String(on));
  }

  /** @param {boolean} moving whether the list of sizes is one of lines */
  set isVideo(moving) {
    if (moving === this.#isVideo) return;
    if (moving) {
      this.#photoSize = this.size;
      this.#photoOptions = [...this.#size.options];
      const offers = [
        ...PACES.map((pace) => [`pace ${pace}`, `${pace} fps`]),
        ...LINES.map((lines) => [String(lines), `${lines} lines`]),
      ];
      this.#size.replaceChildren(
        ...offers.map(([value, label]) => new Option(label, value, value === this.#videoChoice, value === this.#videoChoice)),
      );
    } else {
      this.#size.replaceChildren(...this.#photoOptions);
      this.#size.value = String(this.#photoSize);
    }
    this.#isVideo = moving;
  }

  set size(size) {
    this.#photoSize = size;
    if (this.#isVideo) return;
    this.#size.value = String(size);
    if (this.chosenSize) this.chosenSize = size;
  }

  /** The next smaller size on offer, if there is one. */
  get smallerSize() {
    const option = this.#size.options[this.#size.selectedIndex - 1];
    return option ? Number(option.value) : undefined;
  }

  get canSave() {
    return !this.#saveButton.disabled;
  }

  set canSave(can) {
    this.#saveButton.disabled = !can;
  }

  /** @param {boolean} on */
  set comparing(on) {
    this.#compare.setAttribute('aria-pressed', String(on));
  }

  /** @param {string} name */
  set styleName(name) {
    byId('style-name', HTMLElement).textContent = name;
  }

  /**
   * @param {EngineInfo} info
   * @param {number} wanted 0: whatever suits the adapter
   */
  offerSizes(info, wanted) {
    const chosen = this.chosenSize || wanted || (info.software ? DEFAULT_SIZE_IN_SOFTWARE : DEFAULT_SIZE);
    const sizes = [...new Set([...SIZES, chosen])].sort((a, b) => a - b);
    this.#size.replaceChildren(
      ...sizes.map((size) => new Option(`${size} px`, String(size), size === chosen, size === chosen)),
    );
  }

  /**
   * @param {{ name: string, credit?: string }} source
   * @param {{ width: number, height: number }} size
   */
  setCaption({ name, credit = '' }, { width, height }) {
    const title = document.createElement('b');
    title.textContent = name;
    const facts = [`${width} × ${height}`, credit].filter(Boolean).join(' · ');
    this.#caption.replaceChildren('after ', title, document.createElement('br'), facts);
  }

  /**
   * @param {number} milliseconds
   * @param {EngineInfo} info
   */
  showTiming(milliseconds, info) {
    const time = milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
    this.#adapter.textContent = info.software
      ? `Painted in ${time} on the processor: the browser finds no GPU here.`
      : `Painted in ${time} on ${info.adapter || 'your GPU'}.`;
  }

  /**
   * @param {{ framesPerSecond: number, milliseconds: number, lines: number }} pace
   * @param {EngineInfo} info
   */
  showStats({ framesPerSecond, milliseconds, lines }, info) {
    const place = info.software ? 'the processor' : info.adapter || 'your GPU';
    const rate = framesPerSecond < 10 ? framesPerSecond.toFixed(1) : String(Math.round(framesPerSecond));
    this.#adapter.textContent = `${rate} pictures a second at ${lines} lines, ${Math.round(milliseconds)} ms each, on ${place}.`;
  }

  #showStroke() {
    const { min, max, value } = this.#stroke;
    this.#strokeValue.textContent = `× ${this.stroke}`;
    this.#stroke.setAttribute('aria-valuetext', `${this.stroke} times`);
    this.#stroke.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
  }

  #showStrength() {
    showPercent(this.#strength, this.#strengthValue);
  }
}

/**
 * @param {HTMLInputElement} slider from 0 to 100
 * @param {HTMLOutputElement} output
 */
function showPercent(slider, output) {
  output.textContent = `${slider.value} %`;
  slider.style.setProperty('--fill', `${slider.value}%`);
}
