/** Encodes movies: the browser encodes frames and sound, mediabunny muxes them. */
import {
  AudioBufferSource,
  BufferTarget,
  getFirstEncodableAudioCodec,
  getFirstEncodableVideoCodec,
  MediaStreamAudioTrackSource,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  QUALITY_MEDIUM,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from 'mediabunny';

/** The maximum number of frames that wait for the encoder; more are dropped. */
const MOST_WAITING = 4;
const KEY_FRAME_SECONDS = 2;
/** The minimum duration of a frame. */
const SHORTEST_SECONDS = 0.001;
/** How long to wait for the audio system, in milliseconds. */
const PATIENCE_MS = 2000;

/** Codecs in order of preference, the most compatible first. VP8 precedes VP9, with which Firefox falls behind or stops. */
const FORMATS = /** @type {const} */ ([
  { Format: Mp4OutputFormat, video: ['avc'], audio: ['aac', 'opus'] },
  { Format: WebMOutputFormat, video: ['vp8', 'vp9'], audio: ['opus'] },
]);

export class Movie {
  #output;
  #pictures;
  #sound;
  #waiting = 0;
  #count = 0;
  /** The start of the newest frame. */
  #newest = -1;
  /** The newest frame, which lasts to the end. @type {VideoFrame | undefined} */
  #last;
  /** @type {unknown} the first error */
  #fault;

  /**
   * @param {Output<Mp4OutputFormat | WebMOutputFormat, BufferTarget>} output
   * @param {VideoSampleSource} pictures
   * @param {MediaStreamAudioTrackSource | AudioBufferSource | undefined} sound
   */
  constructor(output, pictures, sound) {
    this.#output = output;
    this.#pictures = pictures;
    this.#sound = sound;
    if (sound instanceof MediaStreamAudioTrackSource) sound.errorPromise.catch((error) => (this.#fault ??= error));
  }

  /**
   * Starts a movie of this frame size; undefined if the browser has no encoder.
   * @param {{ width: number, height: number }} size
   * @param {MediaStreamTrack | AudioBuffer | undefined} heard the sound: a live track, or a decoded buffer, which `finish` gets
   * @returns {Promise<Movie | undefined>}
   */
  static async begin(size, heard) {
    if (typeof VideoEncoder === 'undefined' || (heard && typeof AudioEncoder === 'undefined')) return undefined;
    const track = heard instanceof AudioBuffer ? undefined : heard;
    for (const { Format, video, audio } of FORMATS) {
      const codec = await getFirstEncodableVideoCodec([...video], size);
      const voice = heard && (await getFirstEncodableAudioCodec([...audio], shapeOf(heard)));
      if (!codec || voice === null) continue;
      const output = new Output({ format: new Format(), target: new BufferTarget() });
      const keyFrameInterval = KEY_FRAME_SECONDS;
      // Frames of a rotated camera are fitted into the initial size.
      const sizeChangeBehavior = 'contain';
      const pictures = new VideoSampleSource({
        codec,
        quality: QUALITY_HIGH,
        keyFrameInterval,
        latencyMode: 'realtime',
        sizeChangeBehavior,
      });
      output.addVideoTrack(pictures);
      const encoding = voice && { codec: voice, quality: QUALITY_MEDIUM };
      const sound = encoding && (track ? new MediaStreamAudioTrackSource(/** @type {any} */ (track), encoding) : new AudioBufferSource(encoding));
      if (sound) output.addAudioTrack(sound);
      const movie = new Movie(output, pictures, sound);
      await output.start();
      return movie;
    }
    return undefined;
  }

  /**
   * Adds a frame and closes it.
   * @param {VideoFrame} frame
   * @param {number} seconds since the start of the movie
   */
  async add(frame, seconds) {
    if (this.#waiting >= MOST_WAITING || this.#fault) {
      frame.close();
      return;
    }
    // The first frame starts at 0.
    await this.#write(frame, this.#last ? Math.max(0, seconds) : 0);
  }

  /** @param {VideoFrame} frame the frame, which is closed when it is written @param {number} timestamp in seconds */
  async #write(frame, timestamp) {
    // The same frame in another style has the same time.
    timestamp = Math.max(timestamp, this.#newest + SHORTEST_SECONDS);
    this.#newest = timestamp;
    this.#last?.close();
    this.#last = frame.clone();
    const sample = new VideoSample(frame, { timestamp });
    this.#waiting += 1;
    try {
      await this.#pictures.add(sample);
      this.#count += 1;
    } catch (error) {
      this.#fault ??= error;
    } finally {
      this.#waiting -= 1;
      sample.close();
    }
  }

  /**
   * @param {number} seconds since the start of the movie
   * @param {AudioBuffer} [heard] the decoded sound, if there is no live track
   * @returns {Promise<Blob>}
   * @throws {unknown} the first error, if no frame was recorded
   */
  async finish(seconds, heard) {
    const last = this.#last?.clone();
    if (last) await this.#write(last, seconds);
    this.#last?.close();
    if (this.#count === 0) {
      await this.#output.cancel();
      throw this.#fault ?? new Error('Nothing was recorded. Try again, and record for longer.');
    }
    if (heard && this.#sound instanceof AudioBufferSource) await this.#sound.add(heard);
    await this.#output.finalize();
    const { buffer } = this.#output.target;
    if (!buffer) throw new Error('The recording could not be written. Try again, and record for less time.');
    return new Blob([buffer], { type: this.#output.format.mimeType });
  }
}

/** The parameters of the audio encoder. @param {MediaStreamTrack | AudioBuffer} heard */
function shapeOf(heard) {
  return heard instanceof AudioBuffer ? { numberOfChannels: heard.numberOfChannels, sampleRate: heard.sampleRate } : {};
}

/** Whether sound can be recorded. Without audio hardware an AudioContext never starts, and mediabunny would wait for it. */
export async function canListen() {
  if ('MediaStreamTrackProcessor' in globalThis) return true;
  const context = new AudioContext();
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([context.resume(), patience]);
  const runs = context.state === 'running';
  await context.close();
  return runs;
}
