import './split-line.js';

/** An example: a photo and its stylized version with the split line, for browsers without an engine. */
export class PicturePair extends HTMLElement {
  connectedCallback() {
    const painting = image('assets/examples/chelsea-starry-strokes.webp', 'A cat, painted in blue and yellow strokes');
    const photo = image('assets/photos/chelsea.webp', 'The photograph of the cat');
    photo.className = 'over';
    const line = /** @type {import('./split-line.js').SplitLine} */ (document.createElement('split-line'));
    line.addEventListener('split', () => this.style.setProperty('--split', String(line.value)));
    this.append(painting, photo, line);
    line.value = 0.4;
  }
}

/**
 * @param {string} source
 * @param {string} alt
 */
function image(source, alt) {
  const picture = document.createElement('img');
  picture.src = source;
  picture.alt = alt;
  picture.width = 660;
  picture.height = 439;
  return picture;
}

customElements.define('picture-pair', PicturePair);
