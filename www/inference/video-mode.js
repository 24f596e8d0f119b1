import { soundOfFile } from '../media/file-sound.js';
import { VideoSource } from '../media/video-source.js';
import { messageOf } from '../common/errors.js';
import { Recorder, recordsFrames, soundOf, videoClock } from '../media/recorder.js';
import { NEUTRAL } from '../media/transparency.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { State, Store } from '../app/store.js'
 * @import { EngineClient } from './client.js'
 * @import { SourceInfo } from '../media/video-source.js'
 * @import { EngineInfo, FromWorker, Pixels, VideoSettings } from './protocol.js'
 * @import { PictureViewer } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** The initial resolution of a video, in lines. */
const START_LINES = 360;
const START_LINES_ON_CPU = 256;
const START_LINES_IN_SOFTWARE = 192;
/** The maximum delay of a recorded frame in seconds, in addition to the time of one frame. */
const PATIENCE_SECONDS = 0.1;

/** The video mode: shows, stylizes and records the camera or a video file. */
export class VideoMode {
  /** @type {SourceInfo | undefined} the current source */
  #info;
  #source;
  #recorder = new Recorder();
  /** Whether a recording is about to start. */
  #starting = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  #changeFrame = 0;

  /**
   * @param {Store} store
   * @param {EngineClient} client
   * @param {PictureViewer} viewer
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ saveMovie: (movie: Blob) => void, useAsStyle: (picture: Promise<Blob>, name: string) => void }} app callbacks for
   *   recordings and for a frame to use as a style
   */
  constructor(store, client, viewer, controls, toast, app) {
    this.store = store;
    this.client = client;
    this.viewer = viewer;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
    const groundColour = () => (store.state.ground.keep ? NEUTRAL : store.state.ground.colour);
    this.#source = new VideoSource((sent) => client.sendFrame(sent), () => store.state.engine, groundColour);
    client.listen({
      'ready-for-frame': () => this.#frameRequested(),
      recorded: ({ frame, times }) => this.#recorder.add(frame, times),
      stats: (stats) => this.#showStats(stats),
      failed: ({ operation, message }) => operation === 'video' && this.#onFailure(message),
    });
    store.subscribe(['mode', 'engine', 'look', 'video'], (state, before) => this.#onChange(state, before));
    this.#source.addEventListener('begin', (event) => {
      this.#info = /** @type {CustomEvent<SourceInfo>} */ (event).detail;
      // The other modes leave the viewer.
      store.update({ mode: 'video' });
      this.#resume();
    });
    this.#source.addEventListener('resize', (event) => {
      if (!this.#info) return;
      const { width, height } = /** @type {CustomEvent<{ width: number, height: number }>} */ (event).detail;
      Object.assign(this.#info, { width, height });
      viewer.setSize(width, height);
      controls.setCaption({ name: this.#info.name }, this.#info);
    });
    this.#source.addEventListener('end', () => this.#end());
    const { videoBar: bar } = viewer;
    bar.addEventListener('close', () => this.close());
    bar.addEventListener('mirror', () => this.mirror());
    bar.addEventListener('as-style', () => app.useAsStyle(this.#source.snapshot(), this.#info?.name ?? ''));
    bar.addEventListener('record', () => this.toggleRecording());
    bar.addEventListener('record-all', () => this.#recordAll());
    bar.addEventListener('turn', () => this.#open(() => this.#source.turnCamera()));
    bar.addEventListener('camera', (event) => {
      const number = /** @type {CustomEvent<number>} */ (event).detail;
      this.#open(() => this.#source.chooseCamera(number));
    });
  }

  /** @returns {Promise<Pixels>} the newest frame */
  picture() {
    return this.client.save();
  }

  /** Names of the source and of the style for the file name. */
  get exportInfo() {
    return { source: this.#info?.name ?? '', style: this.store.state.title };
  }

  /**
   * Ends the video when another mode is shown, continues it with another engine, and applies changed options.
   * @param {Readonly<State>} state
   * @param {Readonly<State>} before
   */
  #onChange({ mode, engine, look, video }, before) {
    if (mode !== 'video') this.#stop();
    else if (engine && engine !== before.engine) this.#resume();
    else if (engine && (look !== before.look || video !== before.video)) this.#changeSoon();
  }

  /** Sends changed options, at most once per animation frame. */
  #changeSoon() {
    this.#changeFrame ||= requestAnimationFrame(() => {
      this.#changeFrame = 0;
      this.#change();
    });
  }

  toggleCamera() {
    if (this.#source.camera) this.close();
    else this.#open(() => this.#source.openCamera());
  }

  /** @param {File} file */
  takeVideo(file) {
    return this.#open(() => this.#source.openVideo(file));
  }

  /** @param {() => Promise<void>} open */
  async #open(open) {
    this.viewer.busy('Opening …');
    try {
      await open();
      this.toast.dismiss();
      if (this.#info?.notice) this.toast.show(this.#info.notice);
    } catch (error) {
      this.viewer.idle();
      this.toast.show(messageOf(error));
      if (!this.#source.on) this.#end();
    }
  }

  /** Starts the video, or continues it with another engine. */
  #resume() {
    const info = this.#info;
    if (!info || !this.store.state.engine) return;
    this.viewer.prepareVideo(info.width, info.height);
    this.viewer.videoBar.show(this.#source.video, info);
    this.viewer.videoBar.mirrored = info.mirrored;
    this.viewer.busy('Painting …');
    this.controls.isVideo = true;
    this.controls.cameraOn = info.camera;
    this.controls.canSave = false;
    this.controls.setCaption({ name: info.name }, info);
    document.documentElement.dataset.video = info.camera ? 'camera' : 'video';
    this.client.setVideo(this.#settings(info));
    this.#source.feed();
  }

  /** The worker requests another frame, so the previous one is being shown. */
  #frameRequested() {
    this.#source.feed();
    if (!this.#info || !this.viewer.hasAttribute('data-pending')) return;
    this.viewer.idle();
    this.viewer.showPainting(`${this.#info.name}, painted live`, true);
    this.controls.canSave = true;
  }

  /** Sends the options as they are now. */
  #change() {
    if (!this.#info) return;
    this.client.setVideo(this.#settings(this.#info));
    this.#source.refresh();
  }

  mirror() {
    if (!this.#info?.camera) return;
    this.#info.mirrored = !this.#info.mirrored;
    this.viewer.videoBar.mirrored = this.#info.mirrored;
    this.#change();
  }

  toggleRecording() {
    if (this.#recorder.on) this.#endRecording();
    else if (this.#info && this.controls.canSave) this.#beginRecording(this.#info);
  }

  /** Records the whole video. */
  async #recordAll() {
    const info = this.#info;
    if (!info || info.camera || this.#recorder.on || !this.controls.canSave) return;
    await this.#source.rewind();
    if (info === this.#info) await this.#beginRecording(info, true);
  }

  /** @param {Extract<FromWorker, { type: 'stats' }>} stats */
  #showStats(stats) {
    const { engine } = this.store.state;
    if (engine && this.#info) this.controls.showStats(stats, engine);
  }

  /**
   * Starts a recording. A video file is recorded to its end, without its repetition.
   * @param {SourceInfo} info
   * @param {boolean} [waits] whether the video is paused at its start, and plays when the recording starts
   */
  async #beginRecording(info, waits = false) {
    if (this.#starting) return;
    this.#starting = true;
    const { videoBar: bar } = this.viewer;
    const { video, file } = this.#source;
    try {
      const silent = file ? await this.#recordFile(file, info, waits ? 0 : PATIENCE_SECONDS) : await this.#recordCamera(info);
      if (silent) this.toast.show('The browser cannot record sound here: the recording is silent.');
      bar.recording = 0;
      this.#clock = setInterval(() => (bar.recording = this.#recorder.seconds), 250);
      // The video may have ended in the meantime.
      if (this.#info) this.#change();
      if (this.#info && file) this.#endWith(video);
      if (this.#info && waits) await video.play();
    } catch (error) {
      this.#source.pace = undefined;
      this.toast.show(messageOf(error));
    }
    this.#starting = false;
    if (!this.#info && this.#recorder.on) await this.#endRecording();
  }

  /** @param {SourceInfo} info @returns {Promise<boolean>} whether the video's sound cannot be recorded */
  #recordCamera({ width, height }) {
    return this.#recorder.start(this.viewer.painting, { width, height }, {}, this.viewer.videoBar.microphone);
  }

  /**
   * Records a video file. If its sound can be decoded in advance, the video waits for each frame, so that no frame is late on
   * slow devices. Otherwise sound and frames are recorded in real time.
   * @param {File} file
   * @param {SourceInfo} info
   * @param {number} patience for how many seconds frames may be skipped
   * @returns {Promise<boolean>} whether the video's sound cannot be recorded
   */
  async #recordFile(file, { width, height }, patience) {
    const { video } = this.#source;
    const all = await soundOfFile(file, video.duration);
    const track = all ? undefined : soundOf(video);
    const { painting } = this.viewer;
    if (track || !recordsFrames()) return this.#recorder.start(painting, { width, height }, { track: track ?? soundOf(video) }, false);
    const silent = await this.#recorder.start(painting, { width, height }, { all }, false, () => videoClock(video));
    // Slightly less than the frame interval, for videos with exactly this frame rate.
    const spacing = 0.9 / this.store.state.video.framesPerSecond;
    if (this.#recorder.wantsFrames) this.#source.pace = { spacing, patience };
    return silent;
  }

  /** Ends the recording at the end of the video, which then repeats. @param {HTMLVideoElement} video */
  #endWith(video) {
    let seconds = 0;
    this.#source.once = {
      reached: () => (seconds = this.#recorder.seconds),
      painted: () => {
        if (!this.#recorder.on) return;
        this.#endRecording(seconds);
        video.currentTime = 0;
        video.play().catch(() => {});
      },
    };
  }

  /** Ends the recording and saves it. @param {number} [seconds] its duration, if it has ended before */
  async #endRecording(seconds) {
    clearInterval(this.#clock);
    this.viewer.videoBar.recording = undefined;
    try {
      const movie = this.#recorder.stop(seconds);
      this.#source.once = undefined;
      this.#source.pace = undefined;
      if (this.#info) this.#change();
      this.app.saveMovie(await movie);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  /** The worker cannot render the video. @param {string} message */
  #onFailure(message) {
    if (!this.#info) return;
    this.toast.show(message);
    this.close();
  }

  /** Closes the source; the photo is shown again. */
  close() {
    this.#source.close();
  }

  /** Ends the video because another mode is shown. */
  #stop() {
    if (!this.#info) return;
    if (this.#recorder.on) this.#endRecording();
    this.#info = undefined;
    delete document.documentElement.dataset.video;
    this.viewer.videoBar.hide();
    this.controls.isVideo = false;
    this.controls.cameraOn = false;
    this.client.stopVideo();
    this.#source.close();
  }

  #end() {
    if (this.#info) this.store.update({ mode: 'photo' });
  }

  /**
   * @param {SourceInfo} info
   * @returns {VideoSettings}
   */
  #settings({ mirrored }) {
    const { engine, look, video } = this.store.state;
    return {
      look,
      mirrored,
      ...video,
      startLines: startLines(engine),
      recording: this.#recorder.wantsFrames,
    };
  }
}

/** @param {EngineInfo | undefined} engine */
function startLines(engine) {
  if (engine?.engine === 'cpu') return START_LINES_ON_CPU;
  return engine?.software ? START_LINES_IN_SOFTWARE : START_LINES;
}
