import { soundOfFile } from '../media/file-sound.js';
import { Motion } from '../media/video-source.js';
import { messageOf } from '../common/errors.js';
import { Recorder, recordsFrames, soundOf, videoClock } from '../media/recorder.js';
import { NEUTRAL } from '../media/transparency.js';

/**
 * @import { Controls } from '../app/controls.js'
 * @import { EngineClient } from './client.js'
 * @import { Begun } from '../media/video-source.js'
 * @import { Times } from '../media/frame-scheduler.js'
 * @import { EngineInfo, Look, Moving } from './protocol.js'
 * @import { PictureStage } from '../components/picture-viewer.js'
 * @import { ToastLine } from '../components/toast-line.js'
 */

/** Moving pictures begin with so many lines. */
const START_LINES = 360;
const START_LINES_IN_SOFTWARE = 192;
/** What is recorded while it plays is no later than this, together with what one picture takes longer. */
const PATIENCE_SECONDS = 0.1;

/** Camera or video on the stage, in place of the photo. */
export class LiveShow {
  /** @type {Begun | undefined} what is on */
  #begun;
  #motion;
  #recorder = new Recorder();
  /** Whether a recording is being started. */
  #starting = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;

  /**
   * @param {EngineClient} client
   * @param {PictureStage} stage
   * @param {Controls} controls
   * @param {ToastLine} toast
   * @param {{ info: () => EngineInfo | undefined, look: () => Look, end: () => void, keep: (movie: Blob) => void,
   *   learn: (picture: Promise<Blob>, name: string) => void }} app what it knows, what it does when the show is over, with recordings,
   *   and with a picture that is to be a style
   */
  constructor(client, stage, controls, toast, app) {
    this.client = client;
    this.stage = stage;
    this.controls = controls;
    this.toast = toast;
    this.app = app;
    this.#motion = new Motion((sent) => client.sendFrame(sent), app.info, () => (controls.ground.keep ? NEUTRAL : controls.ground.colour));
    this.#motion.addEventListener('begin', (event) => {
      this.#begun = /** @type {CustomEvent<Begun>} */ (event).detail;
      this.goOn();
    });
    this.#motion.addEventListener('resize', (event) => {
      if (!this.#begun) return;
      const { width, height } = /** @type {CustomEvent<{ width: number, height: number }>} */ (event).detail;
      Object.assign(this.#begun, { width, height });
      stage.reshape(width, height);
      controls.caption({ name: this.#begun.name }, this.#begun);
    });
    this.#motion.addEventListener('end', () => this.#end());
    const { bar } = stage;
    bar.addEventListener('close', () => this.close());
    bar.addEventListener('mirror', () => this.mirror());
    bar.addEventListener('as-style', () => app.learn(this.#motion.snapshot(), this.name ?? ''));
    bar.addEventListener('record', () => this.toggleRecording());
    bar.addEventListener('record-all', () => this.#recordAll());
    bar.addEventListener('turn', () => this.#open(() => this.#motion.turnCamera()));
    bar.addEventListener('camera', (event) => {
      const number = /** @type {CustomEvent<number>} */ (event).detail;
      this.#open(() => this.#motion.chooseCamera(number));
    });
  }

  get on() {
    return this.#begun !== undefined;
  }

  /** What is on. */
  get name() {
    return this.#begun?.name;
  }

  toggleCamera() {
    if (this.#motion.camera) this.close();
    else this.#open(() => this.#motion.openCamera());
  }

  /** @param {File} file */
  takeVideo(file) {
    return this.#open(() => this.#motion.openVideo(file));
  }

  /** @param {() => Promise<void>} open */
  async #open(open) {
    this.stage.busy('Opening …');
    try {
      await open();
      this.toast.dismiss();
      if (this.#begun?.notice) this.toast.show(this.#begun.notice);
    } catch (error) {
      this.stage.idle();
      this.toast.show(messageOf(error));
      if (!this.#motion.on) this.#end();
    }
  }

  /**
   * The show begins, or goes on with another engine.
   * @returns {boolean} whether there is one
   */
  goOn() {
    const begun = this.#begun;
    if (!begun) return false;
    if (!this.app.info()) return true;
    this.stage.clear(begun.width, begun.height);
    this.stage.bar.show(this.#motion.video, begun);
    this.stage.bar.mirrored = begun.mirrored;
    this.stage.busy('Painting …');
    this.controls.moving = true;
    this.controls.cameraOn = begun.camera;
    this.controls.canSave = false;
    this.controls.caption({ name: begun.name }, begun);
    document.documentElement.dataset.moving = begun.camera ? 'camera' : 'video';
    this.client.move(this.#wish(begun));
    this.#motion.feed();
    return true;
  }

  /** The worker can take another frame; so the one before is on its way to the screen. */
  feed() {
    this.#motion.feed();
    if (!this.#begun || !this.stage.hasAttribute('data-wet')) return;
    this.stage.idle();
    this.stage.reveal(`${this.#begun.name}, painted live`);
    this.controls.canSave = true;
  }

  /** @returns {boolean} whether there is a show whose look has been changed */
  changeLook() {
    if (!this.#begun) return false;
    this.client.move(this.#wish(this.#begun));
    this.#motion.refresh();
    return true;
  }

  mirror() {
    if (!this.#begun?.camera) return;
    this.#begun.mirrored = !this.#begun.mirrored;
    this.stage.bar.mirrored = this.#begun.mirrored;
    this.changeLook();
  }

  toggleRecording() {
    if (this.#recorder.on) this.#endRecording();
    else if (this.#begun && this.controls.canSave) this.#beginRecording(this.#begun);
  }

  /** The video is recorded from its beginning to its end. */
  async #recordAll() {
    const begun = this.#begun;
    if (!begun || begun.camera || this.#recorder.on || !this.controls.canSave) return;
    await this.#motion.rewind();
    if (begun === this.#begun) await this.#beginRecording(begun, true);
  }

  /** @param {VideoFrame} frame painted, for the recording @param {Times} times of the frame that it is painted of */
  record(frame, times) {
    this.#recorder.add(frame, times);
  }

  /**
   * A video is recorded to its end, and not into its second round.
   * @param {Begun} begun
   * @param {boolean} [waits] whether the video stands at its beginning, and is to be played with the recording
   */
  async #beginRecording(begun, waits = false) {
    if (this.#starting) return;
    this.#starting = true;
    const { bar } = this.stage;
    const { video, file } = this.#motion;
    try {
      const silent = file ? await this.#recordFile(file, begun, waits ? 0 : PATIENCE_SECONDS) : await this.#recordCamera(begun);
      if (silent) this.toast.show('The browser’s sound does not start here: this is recorded without.');
      bar.recording = 0;
      this.#clock = setInterval(() => (bar.recording = this.#recorder.seconds), 250);
      // The show may have ended meanwhile, and the recording with it.
      if (this.#begun) this.changeLook();
      if (this.#begun && file) this.#endWith(video);
      if (this.#begun && waits) await video.play();
    } catch (error) {
      this.#motion.pace = undefined;
      this.toast.show(messageOf(error));
    }
    this.#starting = false;
    if (!this.#begun && this.#recorder.on) await this.#endRecording();
  }

  /** @param {Begun} begun @returns {Promise<boolean>} whether it has no sound though there was some */
  #recordCamera({ width, height }) {
    return this.#recorder.start(this.stage.painting, { width, height }, {}, this.stage.bar.microphone);
  }

  /**
   * Where the sound can be had at once, the video waits for the painting: no picture comes late, however slow this machine is.
   * Otherwise sound and pictures are recorded as they come.
   * @param {File} file
   * @param {Begun} begun
   * @param {number} patience for so many seconds pictures may be left out
   * @returns {Promise<boolean>} whether it has no sound though there was some
   */
  async #recordFile(file, { width, height }, patience) {
    const { video } = this.#motion;
    const all = await soundOfFile(file, video.duration);
    const track = all ? undefined : soundOf(video);
    const { painting } = this.stage;
    if (track || !recordsFrames()) return this.#recorder.start(painting, { width, height }, { track: track ?? soundOf(video) }, false);
    const silent = await this.#recorder.start(painting, { width, height }, { all }, false, () => videoClock(video));
    // A little less than what is enough, for pictures that come exactly so fast.
    const spacing = 0.9 / this.controls.framesPerSecond;
    if (this.#recorder.wantsFrames) this.#motion.pace = { spacing, patience };
    return silent;
  }

  /** The recording ends with the video, which then plays on. @param {HTMLVideoElement} video */
  #endWith(video) {
    let seconds = 0;
    this.#motion.once = {
      reached: () => (seconds = this.#recorder.seconds),
      painted: () => {
        if (!this.#recorder.on) return;
        this.#endRecording(seconds);
        video.currentTime = 0;
        video.play().catch(() => {});
      },
    };
  }

  /** What has been recorded is kept, whatever ends it. @param {number} [seconds] how long it is, if it has ended before */
  async #endRecording(seconds) {
    clearInterval(this.#clock);
    this.stage.bar.recording = undefined;
    try {
      const movie = this.#recorder.stop(seconds);
      this.#motion.once = undefined;
      this.#motion.pace = undefined;
      if (this.#begun) this.changeLook();
      this.app.keep(await movie);
    } catch (error) {
      this.toast.show(messageOf(error));
    }
  }

  /** The worker cannot paint it. @param {string} sentence */
  fail(sentence) {
    if (!this.on) return;
    this.toast.show(sentence);
    this.close();
  }

  /** Ends the show; the photo comes back. */
  close() {
    this.#motion.close();
  }

  /** Ends the show for another picture. */
  stop() {
    if (!this.#begun) return;
    if (this.#recorder.on) this.#endRecording();
    this.#begun = undefined;
    delete document.documentElement.dataset.moving;
    this.stage.bar.hide();
    this.controls.moving = false;
    this.controls.cameraOn = false;
    this.client.still();
    this.#motion.close();
  }

  #end() {
    if (!this.#begun) return;
    this.stop();
    this.app.end();
  }

  /**
   * @param {Begun} begun
   * @returns {Moving}
   */
  #wish({ mirrored }) {
    return {
      look: this.app.look(),
      mirrored,
      steady: this.controls.steady,
      lines: this.controls.lines,
      startLines: this.app.info()?.software ? START_LINES_IN_SOFTWARE : START_LINES,
      framesPerSecond: this.controls.framesPerSecond,
      recording: this.#recorder.wantsFrames,
    };
  }
}
