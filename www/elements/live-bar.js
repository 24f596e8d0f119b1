/**
 * What can be done with a moving picture, at its lower edge. For the camera: another camera, mirror, off. For a video:
 * play and pause, where it is, sound, close. Dispatches `turn`, `mirror`, `close`.
 */
export class LiveBar extends HTMLElement {
  #play = button('Pause', 'M6 4v12M14 4v12');
  #seek = document.createElement('input');
  #time = document.createElement('output');
  #sound = button('Sound off', 'M3 8h3l4-3.500v11L6 12H3z');
  #turn = button('Another camera', 'M4 8a6.500 6.500 0 0 1 12 0M16 4v4h-4M16 12a6.500 6.500 0 0 1-12 0M4 16v-4h4');
  #mirror = button('Mirror', 'M10 3v14M7 6l-4 8h4zM13 6l4 8h-4z');
  #close = button('Close', 'M5 5l10 10M15 5 5 15');
  /** @type {HTMLVideoElement | undefined} */
  #video;

  connectedCallback() {
    this.hidden = true;
    this.setAttribute('role', 'toolbar');
    this.#seek.type = 'range';
    this.#seek.min = '0';
    this.#seek.step = 'any';
    this.#seek.setAttribute('aria-label', 'Place in the video');
    this.#play.addEventListener('click', () => this.togglePlay());
    this.#seek.addEventListener('input', () => {
      if (this.#video) this.#video.currentTime = Number(this.#seek.value);
    });
    this.#sound.addEventListener('click', () => {
      if (this.#video) this.#video.muted = !this.#video.muted;
    });
    this.#turn.addEventListener('click', () => this.dispatchEvent(new CustomEvent('turn')));
    this.#mirror.addEventListener('click', () => this.dispatchEvent(new CustomEvent('mirror')));
    this.#close.addEventListener('click', () => this.dispatchEvent(new CustomEvent('close')));
    this.append(this.#play, this.#seek, this.#time, this.#sound, this.#turn, this.#mirror, this.#close);
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {{ camera: boolean, others?: number }} source
   */
  show(video, { camera, others = 0 }) {
    this.#video = video;
    this.hidden = false;
    this.setAttribute('aria-label', camera ? 'Camera' : 'Video');
    for (const part of [this.#play, this.#seek, this.#time, this.#sound]) part.hidden = camera;
    this.#turn.hidden = !camera || others < 1;
    this.#mirror.hidden = !camera;
    name(this.#close, camera ? 'Camera off' : 'Close the video');
    for (const event of ['timeupdate', 'play', 'pause', 'volumechange', 'loadedmetadata']) {
      video.addEventListener(event, () => this.#video === video && this.#draw(video));
    }
    this.#draw(video);
  }

  hide() {
    this.#video = undefined;
    this.hidden = true;
  }

  /** @param {boolean} on */
  set mirrored(on) {
    this.#mirror.setAttribute('aria-pressed', String(on));
  }

  togglePlay() {
    const video = this.#video;
    if (!video || this.#play.hidden) return;
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }

  /** @param {HTMLVideoElement} video */
  #draw(video) {
    name(this.#play, video.paused ? 'Play' : 'Pause');
    this.#play.querySelector('path')?.setAttribute('d', video.paused ? 'M6 3.500v13l10-6.500z' : 'M6.500 4v12M13.500 4v12');
    name(this.#sound, video.muted ? 'Sound on' : 'Sound off');
    this.#sound.setAttribute('aria-pressed', String(!video.muted));
    const length = Number.isFinite(video.duration) ? video.duration : 0;
    this.#seek.max = String(length);
    this.#seek.value = String(video.currentTime);
    this.#seek.style.setProperty('--fill', `${length ? (video.currentTime / length) * 100 : 0}%`);
    this.#time.textContent = `${clock(video.currentTime)} / ${clock(length)}`;
    this.#seek.setAttribute('aria-valuetext', `${clock(video.currentTime)} of ${clock(length)}`);
  }
}

/** @param {number} seconds */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

/**
 * @param {string} label
 * @param {string} path
 */
function button(label, path) {
  const element = document.createElement('button');
  element.type = 'button';
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  element.append(svg);
  name(element, label);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} label
 */
function name(element, label) {
  element.setAttribute('aria-label', label);
  element.title = label;
}

customElements.define('live-bar', LiveBar);
