/**
 * The state of the page, in one place. The controls and the selection of styles write what the user chooses; the modes read
 * it, and react to its changes. The modes do not know each other: one takes the viewer by setting `mode`, and the others
 * leave it when they see that.
 */

/**
 * @import { EngineInfo, EnginePreference, Look } from '../inference/protocol.js'
 * @import { Photo } from '../media/decode.js'
 * @import { Ground } from '../media/transparency.js'
 * @import { SaveSize, Settings } from './settings.js'
 */

/**
 * What the viewer shows.
 * @typedef {'photo' | 'video' | 'optimize' | 'train'} Mode
 */

/**
 * How videos are rendered. `lines` is the fixed resolution, or 0 to adapt it to `framesPerSecond`; `steady` reduces flicker.
 * @typedef {{ lines: number, framesPerSecond: number, steady: boolean }} VideoOptions
 */

/**
 * `enginePreference` is the engine that the user wants. `engine` is what is known of the engine; undefined while none runs. `photo` is the current photo, also while another mode is
 * shown. `title` names the selected styles. `size` is the longer side of photos on the screen; 0 until the engine runs. `saveSize` is
 * the size of saved pictures: that of the photo, or that on the screen.
 * @typedef {{ enginePreference: EnginePreference, engine: EngineInfo | undefined, mode: Mode, photo: Photo | undefined, look: Look, title: string, size: number,
 *   ground: Ground, photoData: boolean, saveSize: SaveSize, video: VideoOptions }} State
 */

/** The options of a video before the user chooses others. */
const VIDEO = { lines: 0, framesPerSecond: 24 };

/** @param {Omit<Settings, 'style' | 'size'>} settings @returns {State} the state when the page starts */
export function initialState({ strength, keepColors, gentle, stroke, brushwork, ground, photoData, saveSize, steady, engine }) {
  return {
    enginePreference: engine,
    engine: undefined,
    mode: 'photo',
    photo: undefined,
    look: { network: 'transfer26', parts: [], strength, keepColors, gentle, split: 0, stroke, brushwork },
    title: '',
    size: 0,
    ground,
    photoData,
    saveSize,
    video: { ...VIDEO, steady },
  };
}

export class Store {
  #state;
  /** @type {{ keys: (keyof State)[], react: (state: Readonly<State>, before: Readonly<State>) => void }[]} */
  #subscriptions = [];

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
  }

  /** @returns {Readonly<State>} each update replaces the object */
  get state() {
    return this.#state;
  }

  /**
   * Changes the state. Subscribers are called before this returns, in the order of their subscription.
   * @param {Partial<State>} change
   */
  update(change) {
    const before = this.#state;
    const keys = /** @type {(keyof State)[]} */ (Object.keys(change)).filter((key) => change[key] !== before[key]);
    if (keys.length === 0) return;
    this.#state = { ...before, ...change };
    for (const subscription of this.#subscriptions) {
      // A subscriber may have changed the state again: the others see the newest one.
      if (subscription.keys.some((key) => keys.includes(key))) subscription.react(this.#state, before);
    }
  }

  /** Changes a part of the look. @param {Partial<Look>} change */
  updateLook(change) {
    this.update({ look: { ...this.#state.look, ...change } });
  }

  /**
   * @param {(keyof State)[]} keys
   * @param {(state: Readonly<State>, before: Readonly<State>) => void} react is called when one of them has changed
   */
  subscribe(keys, react) {
    this.#subscriptions.push({ keys, react });
  }

  /** Whether a long job is shown. */
  get isJobShown() {
    return this.#state.mode === 'optimize' || this.#state.mode === 'train';
  }

  /** Shows the photo instead of a job, which continues. */
  leaveJob() {
    if (this.isJobShown) this.update({ mode: 'photo' });
  }
}
