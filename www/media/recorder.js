/**
 * Records the stylized video with sound. The worker sends frames, which are encoded here. Browsers without WebCodecs record the
 * canvas with MediaRecorder.
 */

import { partOf } from './file-sound.js';

/** @import { FrameTimes } from './frame-scheduler.js' */

/**
 * @typedef {{ finish: (seconds: number, sound?: AudioBuffer) => Promise<Blob>, add?: (frame: VideoFrame, seconds: number) => void }} Recording
 */

/**
 * The clock of a recording: real time, or the time of the recorded video since `from`.
 * @typedef {{ from: number, now: () => number, of: (times: FrameTimes) => number }} Clock
 */

/**
 * The sound of a video: a live track, or all of it decoded; the recording uses the part that it covers.
 * @typedef {{ track?: MediaStreamTrack, all?: AudioBuffer }} Sound
 */

/** Formats of MediaRecorder in order of preference. */
const TYPES = ['video/mp4', 'video/webm'];
const FRAMES_PER_SECOND = 30;
/** The bit rate per pixel and second, higher than usual because of the detail of strokes. */
const BITS_A_PIXEL = 6;

export class Recorder {
  /** @type {Recording | undefined} */
  #recording;
  /** @type {Clock} */
  #clock = wallClock();
  /** The decoded sound of the video. @type {AudioBuffer | undefined} */
  #all;
  /** @type {MediaStreamTrack[]} tracks that were opened only for the recording */
  #own = [];

  constructor() {
    // Closing the tab would lose the recording: the browser asks first.
    addEventListener('beforeunload', (event) => {
      if (this.on) event.preventDefault();
    });
  }

  get on() {
    return this.#recording !== undefined;
  }

  get seconds() {
    return this.#clock.now();
  }

  /**
   * @param {HTMLCanvasElement} canvas the canvas that shows the painting
   * @param {{ width: number, height: number }} size of the frames
   * @param {Sound} sound of the video
   * @param {boolean} microphone
   * @param {() => Clock} [clock] creates the clock when the recording starts
   * @returns {Promise<boolean>} whether the sound of the video could not be recorded
   * @throws {Error} with a message for the user
   */
  async start(canvas, size, sound, microphone, clock = wallClock) {
    if (microphone) this.#own = await openMicrophone();
    const given = sound.all ?? sound.track;
    /** @type {MediaStreamTrack | AudioBuffer | undefined} */
    let heard = given ?? this.#own[0];
    try {
      const { canListen, Movie } = await import('../bundled/movie.js');
      if (heard instanceof MediaStreamTrack && !(await canListen())) {
        if (microphone) throw new Error('The browser cannot record sound here. Switch the microphone off, then record again.');
        heard = undefined;
      }
      const track = heard instanceof MediaStreamTrack ? heard : undefined;
      this.#recording = (await Movie.begin(even(size), heard)) ?? watch(canvas, track);
    } catch (error) {
      closeAll(this.#own);
      this.#own = [];
      throw error;
    }
    this.#all = sound.all;
    this.#clock = clock();
    return given !== undefined && (!heard || (sound.all !== undefined && !this.wantsFrames));
  }

  /** Whether the worker has to send frames. */
  get wantsFrames() {
    return this.#recording?.add !== undefined;
  }

  /**
   * @param {VideoFrame} frame a stylized frame, transferred
   * @param {FrameTimes} times of its source frame, which synchronize it with the sound
   */
  add(frame, times) {
    if (this.#recording?.add) this.#recording.add(frame, this.#clock.of(times));
    else frame.close();
  }

  /**
   * @param {number} [seconds] the duration
   * @returns {Promise<Blob>}
   * @throws {Error} with a message for the user
   */
  async stop(seconds = this.seconds) {
    const recording = this.#recording;
    if (!recording) throw new Error('Nothing is being recorded.');
    // Another recording may start before this one is written.
    const own = this.#own;
    const [all, { from }] = [this.#all, this.#clock];
    this.#recording = undefined;
    this.#own = [];
    try {
      return await recording.finish(seconds, all && partOf(all, from, seconds));
    } finally {
      closeAll(own);
    }
  }
}

/** Whether the browser has WebCodecs. MediaRecorder works in real time only. */
export function recordsFrames() {
  return typeof VideoEncoder !== 'undefined';
}

/** @returns {Clock} a clock that starts now */
function wallClock() {
  const start = performance.now();
  return { from: 0, now: () => (performance.now() - start) / 1000, of: ({ shown }) => (shown - start) / 1000 };
}

/**
 * A clock that follows the video.
 * @param {HTMLVideoElement} video
 * @returns {Clock} starts at the current time of the video
 */
export function videoClock(video) {
  const from = video.currentTime;
  return { from, now: () => video.currentTime - from, of: ({ media }) => media - from };
}

/** @param {MediaStreamTrack[]} tracks */
function closeAll(tracks) {
  for (const track of tracks) track.stop();
}

/** Most encoders reject odd sizes. @param {{ width: number, height: number }} size */
function even({ width, height }) {
  return { width: width - (width % 2), height: height - (height % 2) };
}

async function openMicrophone() {
  try {
    return (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
  } catch {
    throw new Error('There is no microphone, or it is not allowed. Allow it in the address bar, or record without it.');
  }
}

/**
 * Records with MediaRecorder.
 * @param {HTMLCanvasElement} canvas
 * @param {MediaStreamTrack | undefined} sound
 * @returns {Recording}
 */
function watch(canvas, sound) {
  const type = globalThis.MediaRecorder && TYPES.find((candidate) => MediaRecorder.isTypeSupported(candidate));
  if (!type || !canvas.captureStream) {
    throw new Error('This browser cannot record. Save single pictures instead, or use a newer browser.');
  }
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  if (sound) stream.addTrack(sound);
  const videoBitsPerSecond = Math.max(2_500_000, canvas.width * canvas.height * BITS_A_PIXEL);
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond });
  /** @type {Blob[]} */
  const parts = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }));
  recorder.start();
  return {
    async finish() {
      if (recorder.state !== 'inactive') recorder.stop();
      await stopped;
      const recording = new Blob(parts, { type });
      if (recording.size === 0) throw new Error('Nothing was recorded. Try again, and record for longer.');
      return recording;
    },
  };
}

/**
 * The sound track of a playing video, also if it is muted.
 * @param {HTMLVideoElement} video
 * @returns {MediaStreamTrack | undefined}
 */
export function soundOf(video) {
  const capture = Reflect.get(video, 'captureStream') ?? Reflect.get(video, 'mozCaptureStream');
  return capture?.call(video).getAudioTracks()[0];
}
