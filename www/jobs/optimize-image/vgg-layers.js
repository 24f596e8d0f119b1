/** The VGG layers that the dialog offers; `src/net/vgg.rs` defines them. */

/** @import { VggNetwork } from '../protocol.js' */

/** Content layers and style layers, from fine to coarse. */
const CONTENT = ['relu2_2', 'relu3_1', 'relu3_3', 'relu3_4', 'relu4_1', 'relu4_2', 'relu4_4'];
const STYLE = ['relu1_1', 'relu1_2', 'relu2_1', 'relu2_2', 'relu3_1', 'relu3_3', 'relu3_4', 'relu4_1', 'relu4_2', 'relu4_3', 'relu4_4'];
/** Layers of blocks with four convolutions, which VGG16 lacks. */
const ONLY_VGG19 = ['relu3_4', 'relu4_4'];

export const DEFAULT_CONTENT_LAYER = 'relu4_2';
export const DEFAULT_STYLE_LAYERS = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'];

/** @param {VggNetwork['name']} network @returns {{ shapes: string[], style: string[] }} */
export function layersOf(network) {
  const there = (/** @type {string} */ layer) => network === 'vgg19' || !ONLY_VGG19.includes(layer);
  return { shapes: CONTENT.filter(there), style: STYLE.filter(there) };
}
