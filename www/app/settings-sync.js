import { History } from './history.js';
import { loadSettings, saveSettings } from './settings.js';

/**
 * @import { Controls } from './controls.js'
 * @import { Store } from './store.js'
 * @import { Settings } from './settings.js'
 * @import { StyleSelection } from '../styles/selection.js'
 */

/** Browsers allow about a hundred changes of the address in half a minute. */
const DELAY_MS = 400;

/** Saves what the user has chosen in the browser and in the address, and undoes changes of the look. */
export class SettingsSync {
  /** @type {Settings} */
  #settings = loadSettings();
  /** @type {History<Pick<Settings, 'style' | 'strength' | 'keepColors' | 'gentle' | 'stroke' | 'brushwork'>>} */
  #history = new History();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** The settings as they were last saved. */
  get settings() {
    return this.#settings;
  }

  /**
   * Starts to save changes.
   * @param {Store} store
   * @param {Controls} controls
   * @param {StyleSelection} selection
   */
  connect(store, controls, selection) {
    this.store = store;
    this.controls = controls;
    this.selection = selection;
    store.subscribe(['look', 'size', 'ground', 'photoData', 'saveSize', 'video', 'enginePreference'], () => this.#saveSoon());
  }

  #saveSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), DELAY_MS);
  }

  #save() {
    clearTimeout(this.#timer);
    if (!this.store || !this.controls || !this.selection) return;
    const { engine, look, video, ground, photoData } = this.store.state;
    const { strength, keepColors, gentle, stroke, brushwork } = look;
    const style = this.selection.text;
    const size = this.controls.chosenSize ?? this.#settings.size;
    const saveSize = this.controls.chosenSaveSize ?? this.#settings.saveSize;
    const { chosenEngine } = this.controls;
    this.#settings = { style, strength, keepColors, gentle, stroke, brushwork, steady: video.steady, size, ground, photoData, saveSize, engine: chosenEngine ?? this.#settings.engine };
    saveSettings(this.#settings, chosenEngine !== undefined);
    // Without an engine there are no styles, and the selection is not valid yet.
    if (engine) this.#history.note({ style, strength, keepColors, gentle, stroke, brushwork });
    this.controls.canUndo = this.#history.canUndo;
  }

  /** Undoes or redoes one change. @param {'undo' | 'redo'} direction */
  step(direction) {
    // A change that is not saved yet counts as well.
    this.#save();
    const state = this.#history[direction]();
    if (!state || !this.store?.state.engine) return;
    this.controls?.setValues(state);
    this.selection?.read(state.style);
  }
}
