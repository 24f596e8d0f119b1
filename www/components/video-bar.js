/**
 * The control bar of a video. For the camera: switch camera, mirror, microphone, close. For a video file: play, seek, sound,
 * close. Both can be recorded, and their current frame can be used as a style. Dispatches `turn`, `camera` (detail: its
 * number), `mirror`, `as-style`, `record`, `record-all`, `close`.
 */
export class VideoBar extends HTMLElement {
  #play = button('Pause', 'M6 4v12M14 4v12');
  #seek = document.createElement('input');
  #time = document.createElement('output');
  #sound = button('Sound off', 'M3 8h3l4-3.500v11L6 12H3z');
  #turn = button('Another camera', 'M4 8a6.500 6.500 0 0 1 12 0M16 4v4h-4M16 12a6.500 6.500 0 0 1-12 0M4 16v-4h4');
  #mirror = button('Mirror', 'M10 3v14M7 6l-4 8h4zM13 6l4 8h-4z');
  #cameras = document.createElement('select');
  #microphone = button('Record the microphone, too', 'M10 3a2.500 2.500 0 0 1 2.500 2.500v4a2.500 2.500 0 0 1-5 0v-4A2.500 2.500 0 0 1 10 3zM5 9.500a5 5 0 0 0 10 0M10 14.500V17');
  #asStyle = button('Use this picture as a style', 'M3 4.500h14v11H3zM10 7.500v5M7.500 10h5');
  #record = button('Record', 'M10 6a4 4 0 1 0 .01 0z');
  #recordAll = button('Record all of the video', 'M4 4v12M10 6.500a3.500 3.500 0 1 0 .01 0zM16.500 4v12');
  #clock = document.createElement('output');
  #close = button('Close', 'M5 5l10 10M15 5 5 15');
  /** @type {HTMLVideoElement | undefined} */
  #video;

  connectedCallback() {
    this.hidden = true;
    this.setAttribute('role', 'toolbar');
    this.#seek.type = 'range';
    this.#seek.min = '0';
    this.#seek.step = 'any';
    this.#seek.setAttribute('aria-label', 'Position in the video');
    this.#play.addEventListener('click', () => this.togglePlay());
    this.#seek.addEventListener('input', () => {
      if (this.#video) this.#video.currentTime = Number(this.#seek.value);
    });
    this.#sound.addEventListener('click', () => {
      if (this.#video) this.#video.muted = !this.#video.muted;
    });
    this.#turn.addEventListener('click', () => this.dispatchEvent(new CustomEvent('turn')));
    this.#mirror.addEventListener('click', () => this.dispatchEvent(new CustomEvent('mirror')));
    this.#cameras.setAttribute('aria-label', 'Camera in use');
    this.#cameras.addEventListener('change', () => {
      this.dispatchEvent(new CustomEvent('camera', { detail: this.#cameras.selectedIndex }));
    });
    this.#microphone.setAttribute('aria-pressed', 'false');
    this.#microphone.addEventListener('click', () => {
      this.#microphone.setAttribute('aria-pressed', String(!this.microphone));
    });
    this.#asStyle.addEventListener('click', () => this.dispatchEvent(new CustomEvent('as-style')));
    this.#record.classList.add('record');
    this.#record.setAttribute('aria-keyshortcuts', 'R');
    this.#record.addEventListener('click', () => this.dispatchEvent(new CustomEvent('record')));
    this.#recordAll.addEventListener('click', () => this.dispatchEvent(new CustomEvent('record-all')));
    this.#clock.className = 'clock';
    this.#close.addEventListener('click', () => this.dispatchEvent(new CustomEvent('close')));
    this.append(this.#play, this.#seek, this.#time, this.#sound, this.#cameras, this.#turn, this.#mirror);
    this.append(this.#asStyle, this.#microphone, this.#record, this.#recordAll, this.#clock, this.#close);
    this.recording = undefined;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {{ camera: boolean, cameras: string[], current: number }} source
   */
  show(video, { camera, cameras, current }) {
    this.#video = video;
    this.hidden = false;
    this.setAttribute('aria-label', camera ? 'Camera' : 'Video');
    for (const part of [this.#play, this.#seek, this.#time, this.#sound, this.#recordAll]) part.hidden = camera;
    for (const part of [this.#turn, this.#cameras]) part.hidden = cameras.length < 2;
    this.#cameras.replaceChildren(...cameras.map((label, i) => new Option(label, '', false, i === current)));
    for (const part of [this.#mirror, this.#microphone]) part.hidden = !camera;
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

  /** Whether the microphone is to be recorded. */
  get microphone() {
    return this.#microphone.getAttribute('aria-pressed') === 'true';
  }

  /** @param {number | undefined} seconds the recorded duration; undefined while nothing is recorded */
  set recording(seconds) {
    const on = seconds !== undefined;
    name(this.#record, on ? 'Stop recording' : 'Record');
    this.#record.setAttribute('aria-pressed', String(on));
    this.#clock.hidden = !on;
    this.#microphone.disabled = on;
    this.#recordAll.disabled = on;
    this.#seek.disabled = on;
    if (on) this.#clock.textContent = clock(seconds);
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

customElements.define('video-bar', VideoBar);
