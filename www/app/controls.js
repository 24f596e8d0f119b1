/**
 * @import { EngineInfo, EnginePreference } from '../inference/protocol.js'
 * @import { Format } from '../media/encode.js'
 * @import { SaveSize, Settings } from './settings.js'
 * @import { Store } from './store.js'
 */

import { byId } from '../common/dom.js';
import { canShare } from '../media/encode.js';

/** Options for video: frame rates with adaptive resolution, and fixed resolutions in lines. */
const PACES = [24, 30, 60, 12];
const LINES = [192, 256, 288, 360, 540, 720, 1080];

/** Available photo sizes (the longer side). Software adapters start with a small one. */
const SIZES = [384, 512, 768, 1024, 1600, 2048];
const DEFAULT_SIZE = 1024;
const DEFAULT_SIZE_IN_SOFTWARE = 384;
const DEFAULT_SIZE_ON_CPU = 512;

/** Why the CPU engine is used. */
const REASONS = {
  '': ', as chosen in the settings.',
  none: ': no graphics card is available to the browser.',
  software: ': no graphics card is available to the browser.',
  failed: ': the graphics card does not work in this browser.',
};

/** The sidebar: the caption of the picture, and the controls, whose values it writes to the store. */
export class Controls {
  #strength = byId('strength', HTMLInputElement);
  #strengthValue = byId('strength-value', HTMLOutputElement);
  #keepColors = byId('keep-colors', HTMLInputElement);
  /** The slider's value is an exponent of two. */
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
  #saveSize = byId('save-size', HTMLSelectElement);
  #undo = byId('undo', HTMLButtonElement);
  #size = byId('size', HTMLSelectElement);
  #compare = byId('compare', HTMLButtonElement);
  #saveButton = byId('save', HTMLButtonElement);
  #samples = byId('samples', HTMLElement);
  #caption = byId('caption', HTMLElement);
  #adapter = byId('adapter', HTMLElement);
  #engine = byId('engine', HTMLSelectElement);
  #camera = byId('camera', HTMLButtonElement);
  #joining = byId('joining', HTMLInputElement);
  #isVideo = false;
  /** The option for video: a frame rate, such as `pace 24`, or lines, such as `360`. */
  #videoChoice = `pace ${PACES[0]}`;
  /** The photo size, while the list has the options for video. */
  #photoSize = 0;
  /** @type {HTMLOptionElement[]} */
  #photoOptions = [];
  /** @type {number | undefined} the size, once the user has chosen one on this visit */
  chosenSize;
  /** @type {SaveSize | undefined} the size of files, likewise */
  chosenSaveSize;
  /** @type {EnginePreference | undefined} the engine, once the user has chosen one on this visit */
  chosenEngine;

  /**
   * @param {Settings} settings
   * @param {{ id: string, name: string }[]} samples
   * @param {Store} store
   */
  constructor(settings, samples, store) {
    this.store = store;
    this.#steady.checked = settings.steady;
    this.#ground.value = settings.ground.keep ? 'keep' : 'fill';
    this.#groundColour.value = settings.ground.colour;
    this.#groundRow.hidden = settings.ground.keep;
    this.#photoData.checked = settings.photoData;
    this.#saveSize.value = store.state.saveSize;
    this.setValues(settings);
    this.#engine.value = store.state.enginePreference;
    store.subscribe(['size'], ({ size }) => this.#showSize(size));
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
   * @param {{ open: () => void, save: () => void, compare: () => void,
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
      this.#writeLook();
    });
    this.#keepColors.addEventListener('change', () => this.#writeLook());
    this.#gentle.addEventListener('change', () => this.#writeLook());
    this.#brushwork.addEventListener('input', () => {
      showPercent(this.#brushwork, this.#brushworkValue);
      this.#writeLook();
    });
    this.#steady.addEventListener('change', () => this.#writeVideo());
    this.#ground.addEventListener('change', () => this.#writeGround());
    this.#groundColour.addEventListener('change', () => this.#writeGround());
    this.#photoData.addEventListener('change', () => this.store.update({ photoData: this.#photoData.checked }));
    this.#saveSize.addEventListener('change', () => {
      this.chosenSaveSize = this.#saveSize.value === 'photo' ? 'photo' : 'screen';
      this.store.update({ saveSize: this.chosenSaveSize });
    });
    this.#engine.addEventListener('change', () => this.chooseEngine(/** @type {EnginePreference} */ (this.#engine.value)));
    this.#undo.addEventListener('click', act.undo);
    // Another stroke size needs another session: applied when the slider is released.
    this.#stroke.addEventListener('input', () => this.#showStroke());
    this.#stroke.addEventListener('change', () => this.#writeLook());
    this.#size.addEventListener('change', () => {
      if (this.#isVideo) {
        this.#videoChoice = this.#size.value;
        this.#writeVideo();
      } else {
        this.chosenSize = Number(this.#size.value);
        this.store.update({ size: this.chosenSize });
      }
    });
    for (const button of this.#samples.querySelectorAll('button')) {
      button.addEventListener('click', () => act.sample(button.dataset.sample ?? ''));
    }
  }

  #writeLook() {
    this.store.updateLook({
      strength: Number(this.#strength.value) / 100,
      keepColors: this.#keepColors.checked,
      gentle: this.#gentle.checked,
      stroke: strokeOf(this.#stroke),
      brushwork: Number(this.#brushwork.value) / 100,
    });
  }

  #writeGround() {
    const ground = { keep: this.#ground.value === 'keep', colour: this.#groundColour.value };
    this.#groundRow.hidden = ground.keep;
    this.store.update({ ground });
  }

  #writeVideo() {
    const lines = Number(this.#videoChoice) || 0;
    const framesPerSecond = lines ? PACES[0] : Number(this.#videoChoice.split(' ')[1]);
    this.store.update({ video: { lines, framesPerSecond, steady: this.#steady.checked } });
  }

  /** Starts another engine, also on later visits. @param {EnginePreference} engine */
  chooseEngine(engine) {
    this.chosenEngine = engine;
    this.#engine.value = engine;
    this.store.update({ enginePreference: engine });
  }

  showOffline() {
    byId('offline', HTMLElement).hidden = false;
  }

  showHelp() {
    byId('help-sheet', HTMLDialogElement).showModal();
  }

  /** @param {number} part 0..1 */
  set strength(part) {
    this.#strength.value = String(Math.round(part * 100));
    this.#showStrength();
    this.#writeLook();
  }

  /**
   * Sets the controls to earlier values.
   * @param {Pick<Settings, 'strength' | 'keepColors' | 'gentle' | 'stroke' | 'brushwork'>} settings
   */
  setValues({ strength, keepColors, gentle, stroke, brushwork }) {
    this.#strength.value = String(Math.round(strength * 100));
    this.#showStrength();
    this.#keepColors.checked = keepColors;
    this.#gentle.checked = gentle;
    this.#brushwork.value = String(Math.round(brushwork * 100));
    showPercent(this.#brushwork, this.#brushworkValue);
    this.#stroke.value = String(Math.log2(stroke));
    this.#showStroke();
    this.#writeLook();
  }

  /** @param {boolean} can */
  set canUndo(can) {
    this.#undo.disabled = !can;
  }

  /** @returns {Format} */
  get format() {
    return /** @type {Format} */ (byId('format', HTMLSelectElement).value);
  }

  /** @param {boolean} can whether the selected styles are encoded paintings, which support gentle strength */
  set usesEncoder(can) {
    /** @type {HTMLElement} */ (this.#gentle.parentElement).hidden = !can;
  }

  /** @param {boolean} can whether the network of the selected styles comes with the page, and so uses brushwork */
  set usesBrushwork(can) {
    /** @type {HTMLElement} */ (this.#brushwork.parentElement).hidden = !can;
  }

  /** @param {boolean} on */
  set cameraOn(on) {
    this.#camera.setAttribute('aria-pressed', String(on));
  }

  /** @param {boolean} moving whether the size list has the options for video */
  set isVideo(moving) {
    if (moving === this.#isVideo) return;
    if (moving) {
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

  /** @param {number} size the photo size */
  #showSize(size) {
    this.#photoSize = size;
    if (this.#isVideo) return;
    this.#size.value = String(size);
    if (this.chosenSize) this.chosenSize = size;
  }

  /** The next smaller size, if there is one. */
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

  /** @param {boolean} on whether a save at full size is running, which the button ends */
  set isSaving(on) {
    this.#saveButton.classList.toggle('stops', on);
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
   * Shows what the engine runs on, and the sizes for it.
   * @param {EngineInfo} info
   * @param {number} preferred the size; 0: the default of the adapter
   */
  showEngine(info, preferred) {
    byId('engine-note', HTMLElement).textContent = `Photos and videos are painted on ${placeOf(info)}`;
    const chosen = this.chosenSize || preferred || defaultSize(info);
    const sizes = [...new Set([...SIZES, chosen])].sort((a, b) => a - b);
    const options = sizes.map((size) => new Option(`${size} px`, String(size), size === chosen, size === chosen));
    if (this.#isVideo) this.#photoOptions = options;
    else this.#size.replaceChildren(...options);
    this.store.update({ size: chosen });
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
    this.#adapter.textContent = `Painted in ${time} on ${placeOf(info)}`;
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
    this.#strokeValue.textContent = `× ${strokeOf(this.#stroke)}`;
    this.#stroke.setAttribute('aria-valuetext', `${strokeOf(this.#stroke)} times`);
    this.#stroke.style.setProperty('--fill', `${((Number(value) - Number(min)) / (Number(max) - Number(min))) * 100}%`);
  }

  #showStrength() {
    showPercent(this.#strength, this.#strengthValue);
  }
}

/** What the engine runs on, as the end of a sentence. @param {EngineInfo} info */
function placeOf({ adapter, engine, fallback, software }) {
  if (engine === 'cpu') return `the processor${REASONS[fallback]}`;
  return software ? 'the processor: the browser finds no GPU here.' : `${adapter || 'your GPU'}.`;
}

/** The longer side of photos. @param {EngineInfo} info */
function defaultSize({ engine, software }) {
  if (engine === 'cpu') return DEFAULT_SIZE_ON_CPU;
  return software ? DEFAULT_SIZE_IN_SOFTWARE : DEFAULT_SIZE;
}

/** The stroke size relative to the default. @param {HTMLInputElement} slider */
function strokeOf(slider) {
  return Math.round(2 ** Number(slider.value) * 100) / 100;
}

/**
 * @param {HTMLInputElement} slider from 0 to 100
 * @param {HTMLOutputElement} output
 */
function showPercent(slider, output) {
  output.textContent = `${slider.value} %`;
  slider.style.setProperty('--fill', `${slider.value}%`);
}
