import { History } from './history.js';
import { loadSettings, saveSettings } from './settings.js';

/**
 * @import { Controls } from './controls.js'
 * @import { Settings } from './settings.js'
 * @import { StyleSelection } from '../styles/selection.js'
 */

/** Browsers allow about a hundred changes of the address in half a minute. */
const DELAY_MS = 400;

/** Saves the controls and the selected styles in the browser and in the address, and undoes changes of them. */
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
   * @param {Controls} controls
   * @param {StyleSelection} selection
   * @param {() => boolean} isReady whether the selection is valid: without an engine there are no styles
   */
  connect(controls, selection, isReady) {
    this.controls = controls;
    this.selection = selection;
    this.isReady = isReady;
  }

  saveSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), DELAY_MS);
  }

  #save() {
    clearTimeout(this.#timer);
    if (!this.controls || !this.selection) return;
    const { strength, keepColors, gentle, stroke, brushwork, steady, chosenSize, ground, photoData } = this.controls;
    const style = this.selection.text;
    const size = chosenSize ?? this.#settings.size;
    this.#settings = { style, strength, keepColors, gentle, stroke, brushwork, steady, size, ground, photoData };
    saveSettings(this.#settings);
    if (this.isReady?.()) this.#history.note({ style, strength, keepColors, gentle, stroke, brushwork });
    this.controls.canUndo = this.#history.canUndo;
  }

  /** Undoes or redoes one change. @param {'undo' | 'redo'} direction */
  step(direction) {
    // A change that is not saved yet counts as well.
    this.#save();
    const state = this.#history[direction]();
    if (!state || !this.isReady?.()) return;
    this.controls?.setValues(state);
    this.selection?.read(state.style);
  }
}
