/**
 * The user's settings in local storage. Those that define the look are also in the address, so that a link reproduces it. An
 * address with any of these parameters overrides all of them.
 */

/**
 * @import { EnginePreference } from '../inference/protocol.js'
 * @import { Ground } from '../media/transparency.js'
 */

/**
 * `style` is a slug such as `starry-strokes`, or a blend such as `teal-mist:60,carnival:40`. `size` 0 means the default of the
 * adapter. `gentle` selects how a lower strength blends. `stroke` is the relative stroke size, `brushwork` the amount of
 * texture in flat areas, `steady` reduces flicker in videos. `ground` is the background of transparent pictures; `photoData`
 * keeps the photo's metadata in saved files; `saveSize` is their size. `engine` is the engine to use.
 * @typedef {{ style: string, strength: number, keepColors: boolean, gentle: boolean, size: number, stroke: number,
 *   brushwork: number, steady: boolean, ground: Ground, photoData: boolean, saveSize: SaveSize,
 *   engine: EnginePreference }} Settings
 */

/**
 * The size of saved pictures: that of the photo, if it is larger than that on the screen, or always that on the screen.
 * @typedef {'photo' | 'screen'} SaveSize
 */

const KEY = 'impasto.settings';
/** The limits of the stroke size. */
const SMALLEST_STROKE = 0.5;
const LARGEST_STROKE = 4;

/** @type {Settings} */
const DEFAULTS = {
  style: 'starry-strokes',
  strength: 1,
  keepColors: false,
  gentle: false,
  size: 0,
  stroke: 1,
  brushwork: 0.5,
  steady: true,
  ground: { keep: true, colour: '#ffffff' },
  photoData: false,
  saveSize: 'photo',
  engine: 'auto',
};

/** @returns {Settings} */
export function loadSettings() {
  const stored = { ...DEFAULTS, ...clean(recall()) };
  const query = new URLSearchParams(location.search);
  if (!['style', 'strength', 'colors', 'gentle', 'stroke', 'brushwork'].some((key) => query.has(key))) return stored;
  return {
    size: stored.size,
    steady: stored.steady,
    ground: stored.ground,
    photoData: stored.photoData,
    saveSize: stored.saveSize,
    engine: stored.engine,
    stroke: strokeOf(query.get('stroke')),
    style: query.get('style') ?? DEFAULTS.style,
    strength: partOf(query.get('strength'), DEFAULTS.strength),
    brushwork: partOf(query.get('brushwork'), DEFAULTS.brushwork),
    keepColors: query.get('colors') === 'keep',
    gentle: query.get('gentle') === 'on',
  };
}

/** @returns {number | undefined} the photo size in the address, if any; it applies to this visit only */
export function sizeInAddress() {
  const size = Number(new URLSearchParams(location.search).get('size'));
  return isSize(size) ? size : undefined;
}

/** @returns {EnginePreference | undefined} the engine in the address, if any; it applies to this visit only */
export function engineInAddress() {
  const engine = new URLSearchParams(location.search).get('engine');
  return isEngine(engine) ? engine : undefined;
}

/**
 * @param {Settings} settings
 * @param {boolean} isEngineChosen whether the user has chosen the engine on this page, so that the address does not override it
 */
export function saveSettings(settings, isEngineChosen) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Storage is full or forbidden: only the address keeps the look.
  }
  const url = new URL(location.href);
  if (isEngineChosen) url.searchParams.delete('engine');
  url.searchParams.set('style', settings.style);
  setOrDrop(url, 'strength', settings.strength < 1 ? String(Math.round(settings.strength * 100)) : null);
  setOrDrop(url, 'colors', settings.keepColors ? 'keep' : null);
  setOrDrop(url, 'gentle', settings.gentle ? 'on' : null);
  const { brushwork } = settings;
  setOrDrop(url, 'brushwork', brushwork !== DEFAULTS.brushwork ? String(Math.round(brushwork * 100)) : null);
  setOrDrop(url, 'stroke', settings.stroke !== 1 ? String(settings.stroke) : null);
  history.replaceState(null, '', url);
}

/**
 * @param {URL} url
 * @param {string} key
 * @param {string | null} value
 */
function setOrDrop(url, key, value) {
  if (value === null) url.searchParams.delete(key);
  else url.searchParams.set(key, value);
}

/**
 * @param {string | null} text a percentage in the address
 * @param {number} fallback for missing and invalid values
 */
function partOf(text, fallback) {
  const percent = Number(text ?? Number.NaN);
  return percent >= 0 && percent <= 100 ? percent / 100 : fallback;
}

/** @param {string | null} text a number from the address */
function strokeOf(text) {
  return isStroke(Number(text)) ? Number(text) : DEFAULTS.stroke;
}

/** @param {number} stroke */
function isStroke(stroke) {
  return typeof stroke === 'number' && stroke >= SMALLEST_STROKE && stroke <= LARGEST_STROKE;
}

/** @param {unknown} part */
function isPart(part) {
  return typeof part === 'number' && part >= 0 && part <= 1;
}

/** @param {unknown} engine @returns {engine is EnginePreference} */
function isEngine(engine) {
  return engine === 'auto' || engine === 'gpu' || engine === 'cpu';
}

/** @param {number} size */
function isSize(size) {
  return Number.isInteger(size) && size >= 16 && size <= 4096;
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

/**
 * Keeps the valid values: another version of the page may have written them.
 * @param {any} value
 * @returns {Partial<Settings>}
 */
function clean(value) {
  /** @type {Partial<Settings>} */
  const settings = {};
  if (typeof value?.style === 'string') settings.style = value.style;
  if (isPart(value?.strength)) settings.strength = value.strength;
  if (isPart(value?.brushwork)) settings.brushwork = value.brushwork;
  if (typeof value?.keepColors === 'boolean') settings.keepColors = value.keepColors;
  if (typeof value?.gentle === 'boolean') settings.gentle = value.gentle;
  if (isSize(value?.size)) settings.size = value.size;
  if (isStroke(value?.stroke)) settings.stroke = value.stroke;
  if (typeof value?.steady === 'boolean') settings.steady = value.steady;
  const { keep, colour } = value?.ground ?? {};
  if (typeof keep === 'boolean' && /^#[0-9a-f]{6}$/.test(colour)) settings.ground = { keep, colour };
  if (typeof value?.photoData === 'boolean') settings.photoData = value.photoData;
  if (value?.saveSize === 'photo' || value?.saveSize === 'screen') settings.saveSize = value.saveSize;
  if (isEngine(value?.engine)) settings.engine = value.engine;
  return settings;
}
